import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The fixture server of `npm run console:dev`, or a running Skiff given as SKIFF_URL. */
const target = process.env.SKIFF_URL ?? 'http://127.0.0.1:8491';
const proxied = ['/apis', '/k8s', '/console/api', '/artifacts'];

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: { proxy: Object.fromEntries(proxied.map(path => [path, { target, changeOrigin: true }])) },
  build: {
    target: 'es2023',
    // Small assets must stay files: data: URLs are refused by the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 400,
    // What every page needs is one file: forty small ones compress worse and take forty requests.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'frame', tags: ['$initial'] }] } } },
  },
});
