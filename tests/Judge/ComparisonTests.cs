using System;
using System.Linq;
using Xunit;

namespace Nvmepf.Tests.Judge;

/// <summary>The means of the comparison with Linux, on small sequences: each kind of difference is found, and nothing else.</summary>
public sealed class ComparisonTests
{
    private const string Clock = "W4 0xfd7c0880 CRU.CLKGATE_CON32";
    private const string Target = "W4 0xa40300114 IATU.INBOUND0.LOWER_TARGET";

    [Fact]
    public void Registers_with_write_masks_are_compared_bit_by_bit_however_the_stores_are_grouped()
    {
        Assert.Equal(
            ["CRU.CLKGATE_CON32[0]=0", "CRU.CLKGATE_CON32[6]=1", "CRU.CLKGATE_CON32[0]=1", "CRU.CLKGATE_CON32[0]=0#2"],
            Steps($"{Clock} 0x00410040\n{Clock} 0x00010001\n{Clock} 0x00010001\n{Clock} 0x00010000"));
        Assert.Equal(Steps($"{Clock} 0x00410000"), Steps($"{Clock} 0x00010000\n{Clock} 0x00400000"));
    }

    [Fact]
    public void A_store_of_what_was_stored_before_is_no_step_and_reads_are_none()
    {
        Assert.Equal(
            ["IATU.INBOUND0.LOWER_TARGET=00100000", "IATU.INBOUND0.LOWER_TARGET=00200000", "IATU.INBOUND0.LOWER_TARGET=00100000#2"],
            Steps($"{Target} 0x00100000\n{Target} 0x00100000\nR4 0xa40300114 X 0x00000000\n{Target} 0x00200000\n{Target} 0x00100000"));
    }

    [Fact]
    public void The_bracket_around_protected_stores_is_no_step_but_its_neighbours_in_the_register_are()
    {
        const string Misc = "W4 0xa400008bc DBI.MISC_CONTROL_1";
        Assert.Empty(Steps($"{Misc} 0x00000001\n{Misc} 0x00000000\n{Misc} 0x00000001"));
        Assert.Equal(["DBI.MISC_CONTROL_1=00000002"], Steps($"{Misc} 0x00000001\n{Misc} 0x00000003\n{Misc} 0x00000002"));
    }

    [Fact]
    public void Missing_additional_and_moved_steps_are_told_apart()
    {
        Assert.Empty(StepComparison.Differences(["a", "b", "c"], ["a", "b", "c"]));
        Assert.Equal(["linux b", "ours x", "order a"], StepComparison.Differences(["a", "b", "c", "d"], ["c", "x", "d", "a"]));
    }

    [Fact]
    public void An_unexplained_difference_and_an_explanation_without_difference_are_complaints()
    {
        var explained = ExplainedDifferences.Parse("# a reason\nlinux IATU.*=11110000\nours x\n\n# another\norder c*\n");
        Assert.Empty(explained.Complaints(["linux IATU.OUTBOUND0.LOWER_TARGET=11110000", "ours x", "order c"]));
        Assert.Equal(
            ["unexplained: ours y", "explained, but no difference any more: order c*"],
            explained.Complaints(["linux IATU.=11110000", "ours x", "ours y"]));
    }

    [Fact]
    public void An_explanation_needs_a_reason() => Assert.Throws<FormatException>(() => ExplainedDifferences.Parse("# a reason\n\nours x\n"));

    [Fact]
    public void A_line_that_is_none_of_a_trace_is_refused() => Assert.Throws<FormatException>(() => RegisterWrite.Parse("# a: x\nW4 0x0 HALF\n", "a"));

    private static string[] Steps(string trace) => ConfigurationSteps.Of(RegisterWrite.Parse($"# other:\n{Clock} 0xffffffff\n# part: of a test\n{trace}", "part")).ToArray();
}
