using System.Runtime.InteropServices;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// Stage times log page, C1h, vendor specific, 64 bytes, little endian: where the time of timed commands went, as sums. A host that reads it
/// switches timing on, until the next controller reset, and begins anew; what it reads is what was timed since it read it last.
/// </summary>
/// <remarks>Each sum holds one reading of the clock for each command, which is 20 to 40 ns.</remarks>
[StructLayout(LayoutKind.Explicit, Size = 64, Pack = 1)]
public struct StageTimes
{
    /// <summary>Value of <see cref="LayoutVersion"/> for the fields below.</summary>
    public const uint CurrentLayoutVersion = 1;

    /// <summary>Which fields there are.</summary>
    [FieldOffset(0)] public uint LayoutVersion;

    /// <summary>Commands that were timed to their end.</summary>
    [FieldOffset(8)] public ulong Commands;

    /// <summary>From the look at the doorbell to the entry's copy, in nanoseconds: commands before it in the same visit are in it.</summary>
    [FieldOffset(16)] public ulong FetchNanoseconds;

    /// <summary>From there to the data pointer's segments: checks and translation.</summary>
    [FieldOffset(24)] public ulong ParseNanoseconds;

    /// <summary>From there to the backend's call.</summary>
    [FieldOffset(32)] public ulong SubmitNanoseconds;

    /// <summary>From there to the operation's end: the copy of memory, the wait for a disk.</summary>
    [FieldOffset(40)] public ulong BackendNanoseconds;

    /// <summary>From there to the completion's entry.</summary>
    [FieldOffset(48)] public ulong PostNanoseconds;
}
