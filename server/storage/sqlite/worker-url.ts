/** The thread's entry file. The build recognises this very form and bundles the thread into a file of its own. */
export const workerUrl = new URL("./worker.ts", import.meta.url);
