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

/// <summary>Looks at a firmware with its defaults: how fast it starts, what it keeps in memory, what idling costs and how fast it wakes.</summary>
internal static class IdleProbe
{
    private const int PauseMilliseconds = 50;
    private const int IdleMilliseconds = 1000;

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
            firmware.StartTime.TotalMilliseconds, resident, share, FirstCommand(host, PauseMilliseconds, 21), FirstCommand(host, IdleMilliseconds, 5));
    }

    private static double FirstCommand(NvmeHost host, int afterMilliseconds, int times)
    {
        double[] wakes = new double[times];
        SubmissionQueueEntry flush = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        for (int i = 0; i < times; i++)
        {
            Thread.Sleep(afterMilliseconds);
            long submitted = Stopwatch.GetTimestamp();
            _ = host.Execute(host.SubmissionQueues[1], in flush);
            wakes[i] = Stopwatch.GetElapsedTime(submitted).TotalNanoseconds;
        }

        Array.Sort(wakes);
        return wakes[times / 2];
    }
}
