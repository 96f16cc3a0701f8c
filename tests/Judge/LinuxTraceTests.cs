using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Nvmepf.Hal.Rk3588;
using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Nvmepf.Tests.EndToEnd;
using Nvmepf.Tests.Rk3588;
using Nvmepf.Tests.SocModel;
using Xunit;

namespace Nvmepf.Tests.Judge;

/// <summary>
/// What Linux's drivers wrote to the model (linux-endpoint.trace, recorded by tools/rig/judge.sh) against what we write, and against what the model
/// says of a machine where those drivers have run. The recording itself is repeated in tests/EndToEnd.
/// </summary>
public sealed class LinuxTraceTests
{
    private const int ConfigurationBytes = 0x1000;
    private const int RegionStrideBytes = 0x200;
    private const int RegionsBytes = 16 * RegionStrideBytes;

    [Fact]
    public void Our_cold_start_differs_from_that_of_Linux_only_where_there_is_a_reason()
    {
        using var bench = new EndpointBench(SocStartState.Cold);
        bench.Endpoint.BringUp(EndpointBench.BarMemory);
        bench.Endpoint.EnableLink();
        AssertExplained("bring-up", bench.Accesses, "differences-bring-up.txt");
    }

    [Fact]
    public void Our_answer_to_a_hot_reset_differs_from_that_of_Linux_only_where_there_is_a_reason()
    {
        using var bench = new EndpointBench(SocStartState.Cold);
        bench.Start();
        bench.Soc.Host.HotReset();
        bench.Accesses.Clear();
        bench.PollUntil(LinkEvents.Reset);
        bench.Restore();
        AssertExplained("hot reset", bench.Accesses, "differences-hot-reset.txt");
        bench.PollUntil(LinkEvents.LinkUp);
    }

    [Fact]
    public void What_Linux_leaves_is_taken_over()
    {
        using var bench = new EndpointBench(SocStartState.Cold, EndpointBench.TakeOver);
        Replay(bench.Soc);
        bench.Start();
        bench.AssertClean();
    }

    [Fact]
    public void The_model_punishes_nothing_that_Linux_does()
    {
        SocBench bench = Replay();
        Assert.Equal(0, bench.Soc.Violations.Total);
        Assert.Equal(0, bench.Soc.Counters.BusFaults);
    }

    [Fact]
    public void The_state_that_the_model_says_Linux_leaves_is_the_one_that_Linux_leaves()
    {
        SocBench left = Replay();
        var said = new SocBench(SocStartState.KernelDriver);
        var differences = new List<string>();
        foreach (ulong address in StateAddresses())
        {
            uint expected = left.R(address);
            uint actual = said.R(address);
            if (expected != actual)
            {
                differences.Add($"{RegisterNames.Of(address)}: Linux leaves {expected:x8}, the model says {actual:x8}");
            }
        }

        Assert.True(differences.Count == 0, string.Join('\n', differences));
    }

    private static void AssertExplained(string part, List<RegisterAccess> accesses, string explanations)
    {
        List<RegisterWrite> ours = accesses.Where(access => access.IsWrite)
            .Select(access => new RegisterWrite(access.Address, sizeof(uint), RegisterNames.Of(access.Address), access.Value)).ToList();
        List<string> differences = StepComparison.Differences(ConfigurationSteps.Of(LinuxTrace(part)), ConfigurationSteps.Of(ours));
        List<string> complaints = ExplainedDifferences.Parse(File.ReadAllText(DataPath(explanations))).Complaints(differences);
        Assert.True(complaints.Count == 0, $"against tests/Judge/{explanations}:\n{string.Join('\n', complaints)}");
    }

    // Every register that keeps something: configuration space and port logic, address translation, and what of the glue can be read.
    private static IEnumerable<ulong> StateAddresses()
    {
        for (ulong offset = 0; offset < ConfigurationBytes; offset += 4)
        {
            yield return SocMap.Dbi + offset;
        }

        for (ulong offset = 0; offset < RegionsBytes; offset += 4)
        {
            // A region has nine registers of the hundred bytes that it takes.
            if ((offset & 0xFF) <= 0x20)
            {
                yield return SocMap.Dbi + 0x30_0000 + offset;
            }
        }

        foreach (ulong offset in new ulong[] { 0x000, 0x024, 0x180, 0x300 })
        {
            yield return SocMap.Apb + offset;
        }
    }

    private static SocBench Replay()
    {
        var bench = new SocBench(SocStartState.Cold);
        Replay(bench.Soc);
        return bench;
    }

    private static void Replay(Soc soc)
    {
        foreach (RegisterWrite write in LinuxTrace("bring-up"))
        {
            Assert.True(soc.CpuWrite(write.Address, write.WidthBytes, write.Value), $"bus fault at {write.Name}");

            // The drivers wait for power domain and PHY by polling.
            soc.Advance(write.Name.StartsWith("PMU.", StringComparison.Ordinal) || write.Name == "CRU.PHP_SOFTRST_CON0" ? 1_000_000 : 1_000);
        }
    }

    private static List<RegisterWrite> LinuxTrace(string part)
    {
        List<RegisterWrite> writes = RegisterWrite.Parse(File.ReadAllText(DataPath("linux-endpoint.trace")), part);
        Assert.NotEmpty(writes);
        return writes;
    }

    private static string DataPath(string file) => Path.Combine(GuestRig.FindRoot(), "tests", "Judge", file);
}
