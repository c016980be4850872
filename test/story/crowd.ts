import { Agent, request } from "node:http";

export interface CrowdCounts {
  sent: number;
  /** Answered by the pinned version. */
  right: number;
  /** Answered by another version, or with another status than 200. */
  wrong: string[];
  /** Connections that broke. */
  lost: string[];
}

/** Opens `size` connections. Each sends pinned requests until `stop()`. */
export function startCrowd(
  url: string,
  pin: string,
  size: number,
): { counts: CrowdCounts; stop(): Promise<CrowdCounts> } {
  const counts: CrowdCounts = { sent: 0, right: 0, wrong: [], lost: [] };
  const agent = new Agent({ keepAlive: true, maxSockets: size });
  let going = true;

  const member = async (): Promise<void> => {
    while (going) {
      counts.sent++;
      try {
        const { status, served } = await ask(url, pin, agent);
        if (status === 200 && served === pin) counts.right++;
        else counts.wrong.push(`${status} from ${served}`);
      } catch (error) {
        counts.lost.push(String(error));
      }
      // Like a page, not as fast as possible: 200 connections must leave two cores enough time for a release.
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  };
  const members = Array.from({ length: size }, member);
  return {
    counts,
    async stop() {
      going = false;
      await Promise.all(members);
      agent.destroy();
      return counts;
    },
  };
}

function ask(
  url: string,
  pin: string,
  agent: Agent,
): Promise<{ status: number | undefined; served: unknown }> {
  return new Promise((resolve, reject) => {
    const sending = request(
      `${url}/api/health`,
      { agent, headers: { "x-lockstep-version": pin } },
      (response) => {
        response.resume();
        response.once("end", () =>
          resolve({ status: response.statusCode, served: response.headers["x-lockstep-served"] }),
        );
        response.once("error", reject);
      },
    );
    sending.once("error", reject);
    sending.end();
  });
}
