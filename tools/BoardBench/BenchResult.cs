namespace Nvmepf.BoardBench;

/// <summary>What limits a row.</summary>
internal enum Bottleneck
{
    /// <summary>Nothing is busy all the time: the commands under way are too few for the time that each takes.</summary>
    QueueDepth,

    /// <summary>The link towards the host.</summary>
    LinkToHost,

    /// <summary>Reads of the host's memory: the link from it, or what may be outstanding.</summary>
    ReadsFromHost,

    /// <summary>Write channels run one list after the other, each with its fixed cost.</summary>
    WriteListRuns,

    /// <summary>Read channels run one list after the other, each with its fixed cost.</summary>
    ReadListRuns,

    /// <summary>The firmware's core.</summary>
    Cpu,
}

/// <summary>One way of serving one workload.</summary>
/// <param name="Workload">What the host did.</param>
/// <param name="Figures">What was counted.</param>
/// <param name="ChannelsPerDirection">Channels that this way uses.</param>
internal sealed record BenchResult(BenchWorkload Workload, Measurement Figures, int ChannelsPerDirection)
{
    private const double BusyShare = 0.9;

    internal double CommandsPerSecond => Figures[Figure.Commands] * 1e9 / Math.Max(1, Figures[Figure.Time]);

    internal double GigabytesPerSecond => CommandsPerSecond * Workload.BlockBytes / 1e9;

    internal double LatencyMicroseconds => Figures.PerCommand(Figure.Latency) / 1e3;

    internal double ListRunsPerCommand => Figures.PerCommand(Figure.ReadListRuns) + Figures.PerCommand(Figure.WriteListRuns);

    internal double WriteChannelShare => Figures.ShareOfTime(Figure.WriteChannelTime) / ChannelsPerDirection;

    internal double ReadChannelShare => Figures.ShareOfTime(Figure.ReadChannelTime) / ChannelsPerDirection;

    /// <summary>What is busy nearly all the time; what carries bytes counts before what runs lists to carry them.</summary>
    internal Bottleneck Bottleneck =>
        Figures.ShareOfTime(Figure.SendTime) >= BusyShare ? Bottleneck.LinkToHost
        : Figures.ShareOfTime(Figure.ReceiveTime) >= BusyShare ? Bottleneck.ReadsFromHost
        : Figures.ShareOfTime(Figure.CpuBusyTime) >= BusyShare ? Bottleneck.Cpu
        : WriteChannelShare >= BusyShare && WriteChannelShare >= ReadChannelShare ? Bottleneck.WriteListRuns
        : ReadChannelShare >= BusyShare ? Bottleneck.ReadListRuns
        : Bottleneck.QueueDepth;
}
