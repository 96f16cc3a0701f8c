namespace Nvmepf.BoardBench;

/// <summary>How the host's memory of a command lies.</summary>
internal enum DataLayout
{
    /// <summary>In one piece: PRPs for 4 KiB, one SGL data block for more, as Linux does where it can.</summary>
    OnePiece,

    /// <summary>Every page elsewhere: a PRP list.</summary>
    ScatteredPages,
}

/// <summary>What the simulated host keeps under way.</summary>
/// <param name="Name">In tables and for <c>--only</c>.</param>
/// <param name="BlockBytes">Bytes of each command.</param>
/// <param name="QueueDepth">Commands under way in each queue.</param>
/// <param name="Queues">Queue pairs.</param>
/// <param name="ReadPercent">Share of reads; the rest are writes.</param>
/// <param name="Layout">How the data lies in the host's memory.</param>
internal sealed record BenchWorkload(
    string Name, int BlockBytes, int QueueDepth, int Queues, int ReadPercent, DataLayout Layout = DataLayout.OnePiece)
{
    /// <summary>The rows of the table.</summary>
    internal static BenchWorkload[] All { get; } =
    [
        new("4k-randread-qd1", 4096, 1, 1, 100),
        new("4k-randread-qd32", 4096, 32, 1, 100),
        new("4k-randread-qd128", 4096, 128, 1, 100),
        new("4k-randread-qd32x4", 4096, 32, 4, 100),
        new("4k-randwrite-qd1", 4096, 1, 1, 0),
        new("4k-randwrite-qd32", 4096, 32, 1, 0),
        new("4k-randwrite-qd32x4", 4096, 32, 4, 0),
        new("4k-mixed-qd32x4", 4096, 32, 4, 50),
        new("128k-read-qd32", 128 << 10, 32, 1, 100),
        new("128k-read-qd32x4", 128 << 10, 32, 4, 100),
        new("128k-write-qd32", 128 << 10, 32, 1, 0),
        new("128k-mixed-qd32", 128 << 10, 32, 1, 50),
        new("128k-read-scattered-qd32", 128 << 10, 32, 1, 100, DataLayout.ScatteredPages),
    ];
}
