import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// Stable file names: the binary embeds them, and the server sends a validator instead of a hash in the name.
export default defineConfig({
    plugins: [react()],
    build: {
        outDir: "dist",
        assetsInlineLimit: 0,
        modulePreload: false,
        rollupOptions: {
            output: {
                entryFileNames: "assets/baton.js",
                chunkFileNames: "assets/[name].js",
                assetFileNames: "assets/baton[extname]",
            },
        },
    },
    // `npm run dev` shows what the instance on v1.11.0's port says.
    server: { proxy: { "/sessions": "http://localhost:6688", "/v2": "http://localhost:6688" } },
});
