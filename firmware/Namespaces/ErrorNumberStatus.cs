using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces;

/// <summary>
/// The one table from the system's error numbers to NVMe status. Media errors are told apart by direction: what could not be read is
/// an Unrecovered Read Error, everything else that failed below us a Write Fault.
/// </summary>
/// <remarks>
/// Do Not Retry is set where the layers below have already tried all that they can, so that a host does not wait for its own retries;
/// it is clear where time can help (cancelled, out of memory, interrupted).
/// </remarks>
internal static class ErrorNumberStatus
{
    /// <summary>The status of an operation that ended with an error number.</summary>
    /// <param name="kind">What was being done.</param>
    /// <param name="errorNumber">The system's error number, positive.</param>
    internal static Status Of(BackendOperationKind kind, int errorNumber)
    {
        bool isRead = kind == BackendOperationKind.Read;
        return errorNumber switch
        {
            0 => Status.Success,

            // Room: the disk, the quota, or the largest file that the system allows.
            Errno.ENOSPC or Errno.EDQUOT or Errno.EFBIG => new Status(StatusCode.CapacityExceeded, doNotRetry: true),

            // The file or device was made read-only behind our back.
            Errno.EROFS or Errno.EPERM or Errno.EACCES =>
                new Status(isRead ? StatusCode.AccessDenied : StatusCode.NamespaceIsWriteProtected, doNotRetry: true),

            // We asked for it.
            Errno.ECANCELED => StatusCode.AbortRequested,

            // The host's memory went away under the transfer.
            Errno.EFAULT => StatusCode.DataTransferError,

            // The backend has retried these; a host that waits a little may have better luck.
            Errno.EAGAIN or Errno.EINTR or Errno.EBUSY => StatusCode.CommandInterrupted,
            Errno.ENOMEM or Errno.ENOBUFS => StatusCode.InternalError,

            // Ours: a request that the file does not take.
            Errno.EINVAL or Errno.EBADF or Errno.EOPNOTSUPP or Errno.ENOSYS => new Status(StatusCode.InternalError, doNotRetry: true),

            // EIO and its kin of the block layer (ENODATA, EBADMSG, EILSEQ, ETIMEDOUT), and a device that is gone (ENXIO, ENODEV, ESTALE).
            _ => new Status(isRead ? StatusCode.UnrecoveredReadError : StatusCode.WriteFault, doNotRetry: true),
        };
    }
}
