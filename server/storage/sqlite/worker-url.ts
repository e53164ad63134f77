/** The thread's entry file: TypeScript in a clone, JavaScript of the same name and place in a build. */
export const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js", import.meta.url);
