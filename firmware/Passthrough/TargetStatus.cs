using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Passthrough;

/// <summary>
/// What a host is told of a forwarded command's end. A status of the target's own passes as it is, but for the bits that are between the
/// target and its host (CRD, M). What says that the target could not be reached becomes a status that hosts retry, with a delay.
/// </summary>
/// <remarks>
/// Why these two. Namespace Not Ready (82h) and Command Interrupted (21h), without Do Not Retry and with Command Retry Delay, make a Linux host
/// wait as long as Identify Controller says (CRDT1 to CRDT3) and try up to five more times, whether it has put a multipath device in front or
/// not. Path related status (SCT 3h) would be more exact, but Linux retries that at once: without multipath five times within microseconds,
/// with multipath for ever in a tight loop, for this subsystem has one path only.
/// </remarks>
public static class TargetStatus
{
    /// <summary>CRDT1 to CRDT3 in units of 100 ms: half a second, two and ten.</summary>
    public const ushort RetryDelay1In100Milliseconds = 5;

    /// <inheritdoc cref="RetryDelay1In100Milliseconds"/>
    public const ushort RetryDelay2In100Milliseconds = 20;

    /// <inheritdoc cref="RetryDelay1In100Milliseconds"/>
    public const ushort RetryDelay3In100Milliseconds = 100;

    private const long FirstStageNanoseconds = 1_000_000_000;
    private const long SecondStageNanoseconds = 10_000_000_000;

    /// <summary>The status for a host.</summary>
    /// <param name="result">The io_uring result: the kernel's NVMe status (15 bits), or a negated errno.</param>
    /// <param name="isAdmin">True for an admin command.</param>
    /// <param name="isLost">True where the target could not be reached, or lost the command: the status then gets a delay.</param>
    public static Status Of(int result, bool isAdmin, out bool isLost)
    {
        isLost = false;
        if (result < 0)
        {
            return OfErrorNumber(-result, isAdmin, out isLost);
        }

        Status status = new((ushort)result);
        if (status.IsSuccess)
        {
            return Status.Success;
        }

        if (status.StatusCodeType == StatusCodeType.PathRelated)
        {
            isLost = true;

            // Aborted by host is what Linux's host says of commands that it took back when a connection was lost.
            return status.Code == StatusCode.CommandAbortedByHost || isAdmin ? StatusCode.CommandInterrupted : StatusCode.NamespaceNotReady;
        }

        return status with { CommandRetryDelay = 0, More = false };
    }

    /// <summary>The status of a command that could not be sent because there is no device.</summary>
    public static Status Unreachable(bool isAdmin) => isAdmin ? StatusCode.CommandInterrupted : StatusCode.NamespaceNotReady;

    /// <summary>
    /// CRD for a target that has been away for a while: short first, so that a blip costs little, then longer, so that a host's five tries
    /// last for most of a minute.
    /// </summary>
    public static byte RetryDelay(long lostNanoseconds) => lostNanoseconds switch
    {
        < FirstStageNanoseconds => 1,
        < SecondStageNanoseconds => 2,
        _ => 3,
    };

    private static Status OfErrorNumber(int errorNumber, bool isAdmin, out bool isLost)
    {
        switch (errorNumber)
        {
            case Errno.EFAULT:
                isLost = false;
                return StatusCode.DataTransferError;
            case Errno.EACCES:
            case Errno.EPERM:
            case Errno.EOPNOTSUPP:
            case Errno.ENOTTY:
                // The kernel itself refuses: a retry would be refused again.
                isLost = false;
                return new Status(StatusCode.InternalError, true);
            case Errno.EINTR:
                // The kernel took the command back: its deadline passed, or the controller was reset under it.
                isLost = true;
                return StatusCode.CommandInterrupted;
            default:
                // EINVAL and ENODEV among them: a multipath device without a path, a device that is being removed.
                isLost = true;
                return Unreachable(isAdmin);
        }
    }
}
