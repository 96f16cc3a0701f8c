namespace Nvmepf.HostDriver.Workload;

/// <summary>What a workload does.</summary>
public sealed record WorkloadOptions
{
    /// <summary>Share of reads in percent, 0 to 100; the rest are writes.</summary>
    public int ReadPercent { get; init; } = 100;

    /// <summary>Whether addresses ascend (each queue through its own part of the range) instead of being random.</summary>
    public bool Sequential { get; init; }

    /// <summary>Bytes of each command; a multiple of the logical block and at most the controller's transfer limit.</summary>
    public int TransferLengthBytes { get; init; } = 4096;

    /// <summary>Commands outstanding on each queue.</summary>
    public int QueueDepth { get; init; } = 32;

    /// <summary>I/O queue pairs.</summary>
    public int Queues { get; init; } = 1;

    /// <summary>Threads; each takes an equal share of the queues.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Processor that thread 0 is pinned to, thread 1 to the next; -1 pins nothing.</summary>
    public int FirstProcessor { get; init; } = -1;

    /// <summary>Time bound; none when a command bound is given.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Command bound over all queues; 0 for none.</summary>
    public long CommandCount { get; init; }

    /// <summary>First logical block of the range.</summary>
    public ulong FirstLogicalBlock { get; init; }

    /// <summary>Logical blocks of the range; 0 to the end of the namespace.</summary>
    public ulong LogicalBlocks { get; init; }

    /// <summary>
    /// Stamp every block written with its address and a generation, and check on every read what this run wrote there. Costs time a
    /// byte; off for measuring.
    /// </summary>
    public bool Verify { get; init; }

    /// <summary>Describe data by SGLs (one data block) instead of PRPs.</summary>
    public bool Sgl { get; init; }

    /// <summary>Sleep until a queue's interrupt comes when nothing has completed; each queue has a vector then.</summary>
    public bool WaitForInterrupts { get; init; }

    /// <summary>
    /// Submit to the full depth of all queues, sleep until all has completed, and submit again: the controller has the machine to itself while it
    /// works. Rates and latencies then say nothing; what the controller counts does.
    /// </summary>
    public bool Batches { get; init; }

    /// <summary>Give the processor away when nothing has completed: for machines with fewer processors than pollers.</summary>
    public bool YieldWhenIdle { get; init; } = true;

    /// <summary>Seed of addresses, of the choice of reads, and of the data.</summary>
    public ulong Seed { get; init; } = 1;
}

/// <summary>What came out of a workload.</summary>
public sealed class WorkloadResult
{
    /// <summary>Read commands that completed.</summary>
    public long Reads { get; set; }

    /// <summary>Write commands that completed.</summary>
    public long Writes { get; set; }

    /// <summary>Commands that completed with an error status.</summary>
    public long Errors { get; set; }

    /// <summary>The first error in words, null when there was none.</summary>
    public string? FirstError { get; set; }

    /// <summary>Blocks compared with what this run had written.</summary>
    public long BlocksVerified { get; set; }

    /// <summary>Blocks that were not what this run had written.</summary>
    public long BlocksWrong { get; set; }

    /// <summary>From the first submission to the last completion.</summary>
    public TimeSpan Elapsed { get; set; }

    /// <summary>Managed bytes that the loops allocated; 0, or something is wrong with the loop.</summary>
    public long AllocatedBytes { get; set; }

    /// <summary>Latencies of reads.</summary>
    public LatencyHistogram ReadLatency { get; } = new();

    /// <summary>Latencies of writes.</summary>
    public LatencyHistogram WriteLatency { get; } = new();

    /// <summary>Commands that completed.</summary>
    public long Commands => Reads + Writes;

    /// <summary>Commands a second.</summary>
    public double CommandsPerSecond => Elapsed > TimeSpan.Zero ? Commands / Elapsed.TotalSeconds : 0;

    /// <summary>Adds another thread's outcome; the longer time counts.</summary>
    public void Add(WorkloadResult other)
    {
        Reads += other.Reads;
        Writes += other.Writes;
        Errors += other.Errors;
        FirstError ??= other.FirstError;
        BlocksVerified += other.BlocksVerified;
        BlocksWrong += other.BlocksWrong;
        Elapsed = other.Elapsed > Elapsed ? other.Elapsed : Elapsed;
        AllocatedBytes += other.AllocatedBytes;
        ReadLatency.Add(other.ReadLatency);
        WriteLatency.Add(other.WriteLatency);
    }
}
