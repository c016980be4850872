import { lockstep } from "@lockstep/client/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react(), lockstep()],
  // Web and API of one version are built for the same contract (api/build.ts reads the same variable).
  define: { __DEMO_CONTRACT__: JSON.stringify(process.env.DEMO_CONTRACT ?? "1") },
  server: {
    // `npm run dev` sets the API's address: the local distribution, or the API in watch mode.
    proxy: { "/api": { target: process.env.LOCKSTEP_DEV_API ?? "http://localhost:8080", ws: true } },
  },
});
