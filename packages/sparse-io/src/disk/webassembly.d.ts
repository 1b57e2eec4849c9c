/** The part of WebAssembly that page-memory.ts uses; lib.dom would bring the browser's globals into every file. */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number });
    readonly buffer: ArrayBuffer;
  }
}
