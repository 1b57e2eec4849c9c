import { codeOf } from '@e2image/sparse-io';

/** Texts of glibc strerror(3), which the C tool prints and scripts look for; libuv's own differ (`i/o error`). */
const TEXTS: Readonly<Record<string, string>> = {
  E2BIG: 'Argument list too long',
  EACCES: 'Permission denied',
  EAGAIN: 'Resource temporarily unavailable',
  EBADF: 'Bad file descriptor',
  EBADMSG: 'Bad message',
  EBUSY: 'Device or resource busy',
  EDQUOT: 'Disk quota exceeded',
  EEXIST: 'File exists',
  EFBIG: 'File too large',
  EILSEQ: 'Invalid or incomplete multibyte or wide character',
  EINTR: 'Interrupted system call',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENFILE: 'Too many open files in system',
  ENODATA: 'No data available',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOMEDIUM: 'No medium found',
  ENOMEM: 'Cannot allocate memory',
  ENOSPC: 'No space left on device',
  ENOSYS: 'Function not implemented',
  ENOTDIR: 'Not a directory',
  ENOTTY: 'Inappropriate ioctl for device',
  ENXIO: 'No such device or address',
  EOPNOTSUPP: 'Operation not supported',
  ENOTSUP: 'Operation not supported',
  EOVERFLOW: 'Value too large for defined data type',
  EPERM: 'Operation not permitted',
  EPIPE: 'Broken pipe',
  EREMOTEIO: 'Remote I/O error',
  EROFS: 'Read-only file system',
  ESPIPE: 'Illegal seek',
  ESTALE: 'Stale file handle',
  ETIMEDOUT: 'Connection timed out',
  ETXTBSY: 'Text file busy',
  EUCLEAN: 'Structure needs cleaning',
  EXDEV: 'Invalid cross-device link',
};

/** Errors without a name in libuv, by number: Node calls them UNKNOWN, Bun uses the name. Source: asm-generic/errno.h. */
const UNNAMED: Readonly<Record<number, string>> = {
  74: 'EBADMSG',
  116: 'ESTALE',
  117: 'EUCLEAN',
  122: 'EDQUOT',
  123: 'ENOMEDIUM',
};

/** The name of a system error. */
function systemCode(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code !== 'UNKNOWN' || typeof error !== 'object' || error === null || !('errno' in error)) return code;
  return UNNAMED[Math.abs(Number(error.errno))] ?? code;
}

/** True for an error of the operating system, as node:fs and the kernel calls throw it. */
export function isSystemError(error: unknown): boolean {
  const code = systemCode(error);
  return code !== undefined && /^E[A-Z\d]+$/.test(code);
}

/** The text of strerror(3) for a system error: `No space left on device`; the code if it has no text. */
export function strerror(error: unknown): string {
  const code = systemCode(error) ?? 'unknown error';
  return TEXTS[code] ?? code;
}
