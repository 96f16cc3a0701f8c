using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What a firmware costs that has nothing to do.</summary>
/// <param name="StartMilliseconds">From exec to the socket.</param>
/// <param name="ResidentBytes">Resident memory.</param>
/// <param name="CoreShare">Share of a core, after a second without a command.</param>
/// <param name="FirstAfterPauseNanoseconds">The first command after a pause of 50 ms, median.</param>
/// <param name="FirstAfterIdleNanoseconds">The first command after a second, median.</param>
internal readonly record struct IdleFigures(
    double StartMilliseconds, double ResidentBytes, double CoreShare, double FirstAfterPauseNanoseconds, double FirstAfterIdleNanoseconds);

/// <summary>How long a bare message takes to wake who waits for it.</summary>
/// <param name="AfterPauseNanoseconds">After a pause of 50 ms, median.</param>
/// <param name="AfterIdleNanoseconds">After a second, median.</param>
internal readonly record struct MessageFigures(double AfterPauseNanoseconds, double AfterIdleNanoseconds);

/// <summary>Looks at a firmware with its defaults: how fast it starts, what it keeps in memory, what idling costs and how fast it wakes.</summary>
internal static class IdleProbe
{
    private const int PauseMilliseconds = 50;
    private const int IdleMilliseconds = 1000;
    private const int PauseRounds = 21;
    private const int IdleRounds = 5;

    /// <summary>Measures it.</summary>
    /// <param name="options">Which firmware.</param>
    /// <param name="trapsDoorbells">Doorbells that wake the firmware, and a host with doorbells in memory, instead of the defaults.</param>
    internal static IdleFigures Measure(SuiteOptions options, bool trapsDoorbells)
    {
        using var firmware = new FirmwareUnderTest(options.Firmware, ["--namespace", "null:1G", "--doorbells", trapsDoorbells ? "trapped" : "mapped"]);
        using NvmeHost host = firmware.Connect(new NvmeHostOptions { ShadowDoorbells = trapsDoorbells }, 1, 256);
        long resident = firmware.ResidentBytes;
        Thread.Sleep(IdleMilliseconds);
        double before = firmware.ProcessorNanoseconds;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(3000);
        double share = (firmware.ProcessorNanoseconds - before) / Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        return new IdleFigures(
            firmware.StartTime.TotalMilliseconds,
            resident,
            share,
            MedianAfter(PauseMilliseconds, PauseRounds, () => FirstCommand(host)),
            MedianAfter(IdleMilliseconds, IdleRounds, () => FirstCommand(host)));
    }

    /// <summary>Measures what the machine takes without any firmware.</summary>
    internal static MessageFigures MeasureMessages()
    {
        using BareMessage message = new();
        return new MessageFigures(
            MedianAfter(PauseMilliseconds, PauseRounds, message.Exchange), MedianAfter(IdleMilliseconds, IdleRounds, message.Exchange));
    }

    /// <summary>From the doorbell to the entry in the completion queue, in nanoseconds.</summary>
    private static double FirstCommand(NvmeHost host)
    {
        HostSubmissionQueue queue = host.SubmissionQueues[1];
        ushort identifier = host.Push(queue, NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1));
        long rung = Stopwatch.GetTimestamp();
        queue.RingTail();
        NvmeHost.ThrowIfError(host.Wait(queue, identifier), "Flush");
        return Stopwatch.GetElapsedTime(rung).TotalNanoseconds;
    }

    private static double MedianAfter(int pauseMilliseconds, int rounds, Func<double> measure)
    {
        double[] times = new double[rounds];
        for (int i = 0; i < rounds; i++)
        {
            Thread.Sleep(pauseMilliseconds);
            times[i] = measure();
        }

        Array.Sort(times);
        return times[rounds / 2];
    }
}
