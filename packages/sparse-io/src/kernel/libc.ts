/**
 * The libc functions that the kernel calls need. Each returns the result of the function, or minus errno where it
 * failed: errno must be read right after the call, so the adapters (koffi on Node, bun:ffi in the executable) do it.
 */
export interface Libc {
  lseek(fd: number, offset: number, whence: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  fcntl(fd: number, command: number, argument: number): number;
  /** The exception: posix_fadvise(3) returns the positive error number itself, or 0. */
  fadvise(fd: number, offset: number, length: number, advice: number): number;
  splice(from: number, offset: Uint8Array, to: number, length: number, flags: number): number;
  vmsplice(pipe: number, vectors: Uint8Array, count: number, flags: number): number;
  madvise(bytes: Uint8Array, length: number, advice: number): number;
  /** An anonymous mapping. @returns its address */
  mmap(length: number, protection: number, flags: number): number;
  flistxattr(fd: number, names: Uint8Array, length: number): number;
  fgetxattr(fd: number, name: Uint8Array, value: Uint8Array, length: number): number;
  fsetxattr(fd: number, name: Uint8Array, value: Uint8Array, length: number, flags: number): number;
}
