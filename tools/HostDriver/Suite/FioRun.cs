using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Nvmepf.HostDriver.Suite;

/// <summary>What fio gets on a file with io_uring directly, without a firmware between: a second opinion on <see cref="Limits"/>.</summary>
internal static class FioRun
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Runs fio on the file, direct where the file system can and through the page cache where it cannot.
    /// </summary>
    /// <returns>Operations a second; NaN where there is no fio or it fails, which is no reason to end the suite.</returns>
    internal static double OperationsPerSecond(int cpu, string path, SuiteCase item, TimeSpan time)
    {
        double direct = Run(cpu, path, item, time, isDirect: true);
        return double.IsNaN(direct) ? Run(cpu, path, item, time, isDirect: false) : direct;
    }

    /// <summary>Reads and writes a second out of fio's JSON. Throws <see cref="JsonException"/> or <see cref="KeyNotFoundException"/> for anything else.</summary>
    internal static double Parse(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        JsonElement job = document.RootElement.GetProperty("jobs")[0];
        return job.GetProperty("read").GetProperty("iops").GetDouble() + job.GetProperty("write").GetProperty("iops").GetDouble();
    }

    /// <summary>The arguments, for the table's reader to repeat by hand.</summary>
    internal static string[] Arguments(int cpu, string path, SuiteCase item, TimeSpan time, bool isDirect) =>
    [
        "--name=limit", $"--filename={path}", $"--rw={item.Pattern}", $"--rwmixread={SuiteRunner.ReadPercentOfMixed}", $"--bs={item.BlockSizeBytes}",
        $"--iodepth={item.Depth * item.Queues}", "--ioengine=io_uring", $"--direct={(isDirect ? 1 : 0)}", "--time_based",
        string.Create(CultureInfo.InvariantCulture, $"--runtime={Math.Max(1, (int)time.TotalSeconds)}"), $"--cpus_allowed={cpu}", "--output-format=json",
    ];

    private static double Run(int cpu, string path, SuiteCase item, TimeSpan time, bool isDirect)
    {
        var start = new ProcessStartInfo("fio", Arguments(cpu, path, item, time, isDirect)) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using Process? fio = Process.Start(start);
            if (fio is null)
            {
                return double.NaN;
            }

            fio.ErrorDataReceived += (_, _) => { }; // read, so that it does not wait for us
            fio.BeginErrorReadLine();
            string output = fio.StandardOutput.ReadToEnd();
            if (!fio.WaitForExit(s_patience))
            {
                fio.Kill();
                return double.NaN;
            }

            return fio.ExitCode == 0 ? Parse(output) : double.NaN;
        }
        catch (Exception problem) when (problem is Win32Exception or JsonException or KeyNotFoundException or InvalidOperationException or IndexOutOfRangeException)
        {
            return double.NaN;
        }
    }
}
