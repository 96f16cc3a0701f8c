using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>The verdict of tools/rig/judge.sh on logs that are as they should be, and on each of those that it is there to refuse.</summary>
public sealed class JudgeLogTests : IDisposable
{
    private static readonly string[] s_console =
    [
        "[    0.000000] Linux version 1.2.3-test (somebody) #1",
        "[    1.0] rockchip-dw-pcie 10000000.pcie-ep: iATU: unroll T, 16 ob, 16 ib, align 64K, limit 8G",
        "[    1.1] rockchip-dw-pcie 10000000.pcie-ep: eDMA: unroll T, 2 wr, 2 rd",
        "JUDGE-BOUND", "JUDGE-CONTROLLER", "JUDGE-LINK", "JUDGE-LINK-AGAIN", "JUDGE-END",
    ];

    private static readonly string[] s_access =
    [
        "0.1 W4 0xfd7c0800 CRU+800 0x00010000",
        "0.2 R4 0xfec50000 GPIO4.DR_L 0x00000000",
        "0.3 W4 0xfd8d8150 PMU.PWR_GATE_SFTCON1 0x00800000",
        "0.4 W4 0xfe150024 APB.INTR_MASK_MISC 0x00060000",
        "0.5 R4 0xfec50004 GPIO4.DR_H 0x00000000",
        "0.6 W4 0xfe150000 APB.GENERAL_CON 0x00040004",
        "0.7 R4 0xfec50008 GPIO4.DDR_L 0x00000000",
        "0.8 W4 0xfe150180 APB.HOT_RESET_CTRL 0x00080008",
        "0.9 R4 0xfec5000c GPIO4.DDR_H 0x00000000",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("nvmepf-judge").FullName;

    [Fact]
    public void Proper_logs_pass_and_the_trace_holds_what_lies_between_the_marks()
    {
        string trace = Path.Combine(_folder, "trace");
        ScriptRun run = Judge(s_console, s_access, "--trace", trace);
        Assert.True(run.Succeeded, run.Output);
        Assert.Equal(
            [
                "W4 0xfd8d8150 PMU.PWR_GATE_SFTCON1 0x00800000", "W4 0xfe150024 APB.INTR_MASK_MISC 0x00060000",
                "W4 0xfe150180 APB.HOT_RESET_CTRL 0x00080008",
            ],
            File.ReadAllLines(trace).Where(line => line.StartsWith('W')));
        Assert.Contains("Linux 1.2.3-test", File.ReadLines(trace).First(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iATU: unroll T, 16 ob", "iATU: unroll T, 8 ob", "did not say: iATU")]
    [InlineData("2 wr, 2 rd", "1 wr, 2 rd", "did not say: eDMA")]
    [InlineData("JUDGE-BOUND", "JUDGE-FAILED the endpoint driver is not bound", "the endpoint driver is not bound")]
    [InlineData("JUDGE-LINK-AGAIN", "", "did not say: JUDGE-LINK-AGAIN")]
    [InlineData("JUDGE-END", "JUDGE-END\nphy phy-104e0000.phy.0: lock failed 0x0", "the drivers complain")]
    public void What_the_kernel_says_otherwise_is_noticed(string proper, string instead, string verdict) =>
        AssertRefused(s_console.Select(line => line.Replace(proper, instead, StringComparison.Ordinal)), s_access, verdict);

    [Theory]
    [InlineData("W4 0xfd8d8150 PMU.PWR_GATE_SFTCON1 0x00800000", "W4 0xfe150000 APB.GENERAL_CON 0x00f00000 BUS FAULT", "the model holds against")]
    [InlineData("W4 0xfd8d8150 PMU.PWR_GATE_SFTCON1 0x00800000", "!! ProtectedWrite a40000000", "the model holds against")]
    [InlineData("W4 0xfe150024 APB.INTR_MASK_MISC 0x00060000", "R4 0xfe150024 APB.INTR_MASK_MISC 0x00000000", "does not hold the whole bring-up")]
    [InlineData("0x00080008", "0x00000000", "did not let the link up again")]
    public void What_the_access_log_says_otherwise_is_noticed(string proper, string instead, string verdict) =>
        AssertRefused(s_console, s_access.Select(line => line.Replace(proper, instead, StringComparison.Ordinal)), verdict);

    [Fact]
    public void Another_trace_of_the_same_kernel_is_noticed_and_one_of_another_kernel_is_said_not_to_be_compared()
    {
        string trace = Path.Combine(_folder, "trace");
        Assert.True(Judge(s_console, s_access, "--trace", trace).Succeeded);
        Assert.True(Judge(s_console, s_access, "--expect", trace).Succeeded);
        IEnumerable<string> others = s_access.Select(line => line.Replace("0x00800000", "0x00a00000", StringComparison.Ordinal));
        ScriptRun same = Judge(s_console, others, "--expect", trace);
        Assert.False(same.Succeeded);
        Assert.Contains("something else than recorded", same.Output, StringComparison.Ordinal);
        ScriptRun other = Judge(s_console.Select(line => line.Replace("1.2.3", "1.2.4", StringComparison.Ordinal)), others, "--expect", trace);
        Assert.True(other.Succeeded, other.Output);
        Assert.Contains("of another kernel and not compared", other.Output, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void AssertRefused(IEnumerable<string> console, IEnumerable<string> access, string verdict)
    {
        ScriptRun run = Judge(console, access);
        Assert.False(run.Succeeded);
        Assert.Contains(verdict, run.Output, StringComparison.Ordinal);
    }

    private ScriptRun Judge(IEnumerable<string> console, IEnumerable<string> access, params string[] options)
    {
        File.WriteAllLines(Path.Combine(_folder, "console.log"), console);
        File.WriteAllLines(Path.Combine(_folder, "access.log"), access);
        string script = Path.Combine(GuestRig.FindRoot(), "tools", "rig", "judge.sh");
        return ScriptRun.Start(script, ["--logs", _folder, .. options], TimeSpan.FromSeconds(60));
    }
}
