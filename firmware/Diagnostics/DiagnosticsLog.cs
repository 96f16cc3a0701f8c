using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// Diagnostics log page, C0h, 1024 bytes, little endian; bytes without a field are zero. New fields are added at the end and raise the
/// layout version.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 1024, Pack = 1)]
public struct DiagnosticsLog
{
    /// <summary>Value of <see cref="LayoutVersion"/> for the fields below.</summary>
    public const uint CurrentLayoutVersion = 9;

    /// <summary>Reactors that the page has room for.</summary>
    public const int ReactorsMax = 8;

    /// <summary>Which fields there are.</summary>
    [FieldOffset(0)] public uint LayoutVersion;

    /// <summary>Firmware revision, ASCII padded with spaces.</summary>
    [FieldOffset(8)] public Bytes8 FirmwareRevision;

    /// <summary>Time since the process started, in nanoseconds.</summary>
    [FieldOffset(16)] public ulong UptimeNanoseconds;

    /// <summary>Commands that ended, with success or without.</summary>
    [FieldOffset(24)] public ulong CommandsCompleted;

    /// <summary>Commands that ended with an error.</summary>
    [FieldOffset(32)] public ulong CommandsFailed;

    /// <summary>Commands in slots now, this one and waiting event requests included.</summary>
    [FieldOffset(40)] public ulong CommandsInFlight;

    /// <summary>Times that a command had to wait for a ring, a DMA queue, a buffer or a place in a completion queue.</summary>
    [FieldOffset(48)] public ulong Stalls;

    /// <summary>Interrupts raised.</summary>
    [FieldOffset(56)] public ulong InterruptsRaised;

    /// <summary>Turns of the reactor.</summary>
    [FieldOffset(64)] public ulong Turns;

    /// <summary>Turns that fetched a command or handled an event.</summary>
    [FieldOffset(72)] public ulong ProductiveTurns;

    /// <summary>Sum of the squares of commands per productive turn.</summary>
    [FieldOffset(80)] public ulong CommandsFetchedSquared;

    /// <summary>Visits of submission queues that took at least one entry.</summary>
    [FieldOffset(88)] public ulong FetchBatches;

    /// <summary>Times that the reactor went to sleep.</summary>
    [FieldOffset(96)] public ulong Sleeps;

    /// <summary>Managed bytes that the reactor allocated since it started.</summary>
    [FieldOffset(104)] public ulong ManagedBytesAllocated;

    /// <summary>Garbage collections since the reactor started.</summary>
    [FieldOffset(112)] public ulong GarbageCollections;

    /// <summary>Reactors that the controller's queues are spread over. The fields from <see cref="Turns"/> on are of the one it is at home on.</summary>
    [FieldOffset(120)] public uint Reactors;

    /// <summary>Counts of each reactor, by its number.</summary>
    [FieldOffset(128)] public DiagnosticsOfReactors EachReactor;

    /// <summary>
    /// System calls of the home reactor on its io_uring: at most one a turn, and none in a turn that neither submits nor is told of results. Where disks
    /// are polled, one more in each turn in which a transfer of theirs is under way.
    /// </summary>
    [FieldOffset(448)] public ulong RingEnters;

    /// <summary>Nanoseconds that the home reactor spent in productive turns, a few idle ones before each included.</summary>
    [FieldOffset(456)] public ulong BusyNanoseconds;

    /// <summary>Transfers of disks to and from registered memory, on the home reactor.</summary>
    [FieldOffset(464)] public ulong FixedTransfers;

    /// <summary>I/O submission queues whose doorbells the controller takes from host memory (Doorbell Buffer Config).</summary>
    [FieldOffset(472)] public uint ShadowDoorbellQueues;

    /// <summary>Transfers of disks that were polled for, on the home reactor.</summary>
    [FieldOffset(480)] public ulong PolledTransfers;

    /// <summary><see cref="BusyNanoseconds"/> of each reactor, by its number.</summary>
    [FieldOffset(512)] public BusyNanosecondsOfReactors EachReactorBusyNanoseconds;

    /// <summary>Times that the home reactor let others have its core, with the work done that came after a sleep.</summary>
    [FieldOffset(576)] public ulong CoreOffers;
}

/// <summary>What each reactor spent in productive turns.</summary>
[InlineArray(DiagnosticsLog.ReactorsMax)]
public struct BusyNanosecondsOfReactors
{
    private ulong _first;
}

/// <summary>What one reactor has counted, 40 bytes; all but the commands for whatever controllers it serves.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct DiagnosticsOfReactor
{
    /// <summary>Commands of this controller that ended on the reactor.</summary>
    public ulong CommandsCompleted;

    /// <summary>Turns.</summary>
    public ulong Turns;

    /// <summary>Turns that fetched a command or handled an event.</summary>
    public ulong ProductiveTurns;

    /// <summary>Times that the reactor went to sleep.</summary>
    public ulong Sleeps;

    /// <summary>Managed bytes that the reactor allocated since it started, as of a moment ago.</summary>
    public ulong ManagedBytesAllocated;
}

/// <summary>The counts of each reactor.</summary>
[InlineArray(DiagnosticsLog.ReactorsMax)]
public struct DiagnosticsOfReactors
{
    private DiagnosticsOfReactor _first;
}
