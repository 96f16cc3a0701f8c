// The three system calls of io_uring. libc has no wrappers for them; their numbers are the same on x86-64 and arm64.

using System.Runtime.InteropServices;

namespace Nvmepf.Hal.Linux;

internal static unsafe partial class IoUringSystemCalls
{
    private const nint SetupNumber = 425;
    private const nint EnterNumber = 426;
    private const nint RegisterNumber = 427;

    internal static int Setup(uint entries, IoUringParameters* parameters) =>
        (int)Errno.Result(Native.SystemCall(SetupNumber, (nint)entries, (nint)parameters, 0, 0, 0, 0));

    internal static int Enter(int ring, uint toSubmit, uint minimumComplete, IoUringEnterFlags flags) =>
        (int)Errno.Result(Native.SystemCall(EnterNumber, ring, (nint)toSubmit, (nint)minimumComplete, (nint)flags, 0, 0));

    internal static int EnterWait(int ring, uint minimumComplete, IoUringWaitArgument* argument) => (int)Errno.Result(Native.SystemCall(
        EnterNumber,
        ring,
        0,
        (nint)minimumComplete,
        (nint)(IoUringEnterFlags.GetEvents | IoUringEnterFlags.ExtendedArgument),
        (nint)argument,
        sizeof(IoUringWaitArgument)));

    internal static int Register(int ring, IoUringRegister operation, void* argument, uint count) =>
        (int)Errno.Result(Native.SystemCall(RegisterNumber, ring, (nint)operation, (nint)argument, (nint)count, 0, 0));

    private static partial class Native
    {
        // syscall is variadic in C; integer arguments travel in the same places either way on x86-64 and arm64 Linux.
        [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
        internal static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
    }
}
