using Nvmepf.Hal.Linux;

namespace Nvmepf.HostDriver.Suite;

/// <summary>Counters of another thread over a stretch of time; each is NaN where the machine or the kernel has none for us.</summary>
internal sealed class PerformanceSample : IDisposable
{
    private readonly int _cycles;
    private readonly int _instructions;
    private readonly int _systemCalls;
    private ulong _cyclesBefore;
    private ulong _instructionsBefore;
    private ulong _systemCallsBefore;

    private PerformanceSample(int threadId)
    {
        _cycles = PerformanceEvents.Open(PerformanceEvents.Hardware, PerformanceEvents.Cycles, threadId);
        _instructions = PerformanceEvents.Open(PerformanceEvents.Hardware, PerformanceEvents.Instructions, threadId);
        int tracepoint = PerformanceEvents.SystemCallTracepoint();
        _systemCalls = tracepoint < 0 ? tracepoint : PerformanceEvents.Open(PerformanceEvents.Tracepoint, (ulong)tracepoint, threadId);
    }

    internal double Cycles { get; private set; } = double.NaN;

    internal double Instructions { get; private set; } = double.NaN;

    internal double SystemCalls { get; private set; } = double.NaN;

    internal static PerformanceSample Open(int threadId) => new(threadId);

    internal void Begin()
    {
        _cyclesBefore = Read(_cycles);
        _instructionsBefore = Read(_instructions);
        _systemCallsBefore = Read(_systemCalls);
    }

    internal void End()
    {
        Cycles = Difference(_cycles, _cyclesBefore);
        Instructions = Difference(_instructions, _instructionsBefore);
        SystemCalls = Difference(_systemCalls, _systemCallsBefore);
    }

    public void Dispose()
    {
        foreach (int fd in (int[])[_cycles, _instructions, _systemCalls])
        {
            if (fd >= 0)
            {
                _ = Files.Close(fd);
            }
        }
    }

    private static ulong Read(int fd) => fd >= 0 && PerformanceEvents.TryRead(fd, out ulong count) ? count : 0;

    private static double Difference(int fd, ulong before) => fd < 0 ? double.NaN : Read(fd) - before;
}
