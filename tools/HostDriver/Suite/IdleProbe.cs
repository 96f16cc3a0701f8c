using System.Diagnostics;
using Nvmepf.HostDriver.Nvme;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What a firmware costs that has nothing to do.</summary>
internal readonly record struct IdleFigures(double StartMilliseconds, double ResidentBytes, double CoreShare, double FirstCommandNanoseconds);

/// <summary>Looks at a firmware with its defaults: how fast it starts, what it keeps in memory, what idling costs and how fast it wakes.</summary>
internal static class IdleProbe
{
    private const int Wakes = 21;

    internal static IdleFigures Measure(SuiteOptions options)
    {
        using var firmware = new FirmwareUnderTest(options.Firmware, ["--namespace", "null:1G"]);
        using NvmeHost host = firmware.Connect(new NvmeHostOptions(), 1, 256);
        long resident = firmware.ResidentBytes;
        Thread.Sleep(500);
        TimeSpan before = firmware.ProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Thread.Sleep(2000);
        double share = (firmware.ProcessorTime - before) / Stopwatch.GetElapsedTime(start);
        double[] wakes = new double[Wakes];
        SubmissionQueueEntry read = NvmeCommands.BlockCommand(NvmOpcode.Flush, 1, 0, 1);
        for (int i = 0; i < Wakes; i++)
        {
            Thread.Sleep(50);
            long submitted = Stopwatch.GetTimestamp();
            _ = host.Execute(host.SubmissionQueues[1], in read);
            wakes[i] = Stopwatch.GetElapsedTime(submitted).TotalNanoseconds;
        }

        Array.Sort(wakes);
        return new IdleFigures(firmware.StartTime.TotalMilliseconds, resident, share, wakes[Wakes / 2]);
    }
}
