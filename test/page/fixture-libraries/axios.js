import axios from "axios";

/** Uses parameters, interceptors and errors with both adapters. */
window.trial = async () => {
  const served = [];
  const feature = [];
  for (const adapter of ["xhr", "fetch"]) {
    const client = axios.create({ adapter, baseURL: "/api", headers: { "x-app": adapter } });
    client.interceptors.response.use((response) => {
      feature.push(response.data.headers?.["x-app"]);
      return response;
    });
    served.push((await client.get("/who", { params: { a: [1, 2], b: "x y" } })).data.served);
    served.push((await client.post("who", { json: true })).data.served);
    const failure = await client.get("/status/422").catch((error) => error);
    feature.push(failure.response.status, failure.config.url);
  }
  return { served, feature };
};
