using Nvmepf.SocModel;

namespace Nvmepf.BoardBench;

/// <summary>What is counted. Times are nanoseconds of the model.</summary>
internal enum Figure
{
    Time,
    Commands,
    Latency,
    Messages,
    CpuBusyTime,
    CacheLines,
    Barriers,
    ReadListRuns,
    WriteListRuns,
    Elements,
    EdmaRegisterReads,
    EdmaRegisterWrites,
    OtherRegisterReads,
    OtherRegisterWrites,
    UncachedReads,
    UncachedWrites,
    WindowStores,
    WindowLoads,
    WriteTlps,
    ReadTlps,
    BytesToHost,
    BytesFromHost,
    WireBytesToHost,
    WireBytesFromHost,
    SendTime,
    ReceiveTime,
    WriteEngineTime,
    ReadEngineTime,
    BothEnginesTime,
    WriteChannelTime,
    ReadChannelTime,
}

/// <summary>Counters at one moment, or the difference between two.</summary>
internal sealed class Measurement
{
    private readonly long[] _values = new long[Enum.GetValues<Figure>().Length];

    internal long this[Figure figure]
    {
        get => _values[(int)figure];
        private init => _values[(int)figure] = value;
    }

    internal double PerCommand(Figure figure) => this[Figure.Commands] == 0 ? double.NaN : (double)this[figure] / this[Figure.Commands];

    internal double ShareOfTime(Figure figure) => (double)this[figure] / Math.Max(1, this[Figure.Time]);

    internal static Measurement Take(Soc soc, ModelHost host, SocTrap trap, long cpuBusyNanoseconds)
    {
        SocCounters counters = soc.Counters;
        long edmaReads = counters.ReadsOf(RegisterBlock.Edma);
        long edmaWrites = counters.WritesOf(RegisterBlock.Edma);
        return new Measurement
        {
            [Figure.Time] = soc.NowNanoseconds,
            [Figure.Commands] = host.Completed,
            [Figure.Latency] = host.LatencyNanoseconds,
            [Figure.Messages] = host.Messages,
            [Figure.CpuBusyTime] = cpuBusyNanoseconds,
            [Figure.CacheLines] = trap.LinesMaintained,
            [Figure.Barriers] = trap.Barriers,
            [Figure.ReadListRuns] = counters.ReadListRuns,
            [Figure.WriteListRuns] = counters.ListRuns - counters.ReadListRuns,
            [Figure.Elements] = counters.ElementsFetched,
            [Figure.EdmaRegisterReads] = edmaReads,
            [Figure.EdmaRegisterWrites] = edmaWrites,
            [Figure.OtherRegisterReads] = counters.RegisterReads - edmaReads,
            [Figure.OtherRegisterWrites] = counters.RegisterWrites - edmaWrites,
            [Figure.UncachedReads] = counters.UncachedReads,
            [Figure.UncachedWrites] = counters.UncachedWrites,
            [Figure.WindowStores] = counters.WindowWrites,
            [Figure.WindowLoads] = counters.WindowReads,
            [Figure.WriteTlps] = counters.WriteTlps,
            [Figure.ReadTlps] = counters.ReadTlps,
            [Figure.BytesToHost] = counters.BytesToHost,
            [Figure.BytesFromHost] = counters.BytesFromHost,
            [Figure.WireBytesToHost] = counters.WireBytesToHost,
            [Figure.WireBytesFromHost] = counters.WireBytesFromHost,
            [Figure.SendTime] = counters.SendNanoseconds,
            [Figure.ReceiveTime] = counters.ReceiveNanoseconds,
            [Figure.WriteEngineTime] = counters.WriteEngineNanoseconds,
            [Figure.ReadEngineTime] = counters.ReadEngineNanoseconds,
            [Figure.BothEnginesTime] = counters.BothEnginesNanoseconds,
            [Figure.WriteChannelTime] = counters.WriteChannelNanoseconds,
            [Figure.ReadChannelTime] = counters.ReadChannelNanoseconds,
        };
    }

    internal Measurement Since(Measurement before)
    {
        Measurement difference = new();
        for (int i = 0; i < _values.Length; i++)
        {
            difference._values[i] = _values[i] - before._values[i];
        }

        return difference;
    }
}
