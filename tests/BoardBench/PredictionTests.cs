// The predictions of the board's speed: what must not get worse are counts of the model, which are the same in every run. No time of this
// machine is in them.
using System.Linq;
using System.Text.Json;
using Nvmepf.BoardBench;
using Nvmepf.SocModel;
using Xunit;

namespace Nvmepf.Tests.BoardBench;

public sealed class PredictionTests
{
    private static readonly BenchParameters s_short = new() { WarmUpNanoseconds = 2_000_000, MeasuredNanoseconds = 5_000_000 };

    [Theory]
    [InlineData("--only: a value is missing", "--only")]
    [InlineData("--only nothing: no workload has this in its name; there are 4k-randread-qd1, ", "--only", "nothing")]
    [InlineData("--list-run 999: allowed are 1000 to 100000", "--list-run", "999")]
    [InlineData("--milliseconds many: allowed are 1 to 1000", "--milliseconds", "many")]
    [InlineData("--speed: no such option", "--speed", "1")]
    [InlineData("--json no/such/folder/x.json: cannot be written", "--json", "no/such/folder/x.json")]
    public void What_is_wrong_with_a_line_is_said_before_anything_is_predicted(string words, params string[] arguments)
    {
        StringWriter output = new();
        StringWriter errors = new();
        Assert.Equal(2, Program.Run(arguments, output, errors));
        Assert.Contains($"board-bench: {words}", errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }

    /// <summary>A list costs 13 us however short it is: this is what the driver's batches are for.</summary>
    [Theory]
    [InlineData("4k-randread-qd32")]
    [InlineData("4k-randwrite-qd32")]
    public void At_depth_32_a_command_takes_a_quarter_of_the_lists_of_the_reference_or_less(string name)
    {
        BenchResult firmware = FirmwareRun.Measure(Workload(name), s_short);
        BenchResult reference = ReferenceRun.Measure(Workload(name), s_short);
        Assert.True(firmware.Figures[Figure.Commands] > 100 && reference.Figures[Figure.Commands] > 100, "too few commands to say anything");
        Assert.InRange(reference.ListRunsPerCommand, 1.9, 2.1);
        Assert.True(
            reference.ListRunsPerCommand >= 4 * firmware.ListRunsPerCommand,
            $"{firmware.ListRunsPerCommand:0.00} lists a command, {reference.ListRunsPerCommand:0.00} the reference's way");
    }

    [Fact]
    public void Both_directions_of_the_engine_run_at_once()
    {
        BenchResult firmware = FirmwareRun.Measure(Workload("128k-mixed-qd32"), s_short);
        double both = firmware.Figures.ShareOfTime(Figure.BothEnginesTime);
        Assert.True(both > 0.3, $"both directions run in {both:0.00} of the time");
    }

    [Fact]
    public void A_command_alone_takes_two_lists_and_one_message_either_way()
    {
        BenchResult firmware = FirmwareRun.Measure(Workload("4k-randread-qd1"), s_short);
        BenchResult reference = ReferenceRun.Measure(Workload("4k-randread-qd1"), s_short);
        Assert.InRange(firmware.ListRunsPerCommand, 1.9, 2.1);
        Assert.InRange(firmware.Figures.PerCommand(Figure.Messages), 0.9, 1.1);
        Assert.InRange(reference.ListRunsPerCommand, 1.9, 2.1);
        Assert.InRange(reference.Figures.PerCommand(Figure.Messages), 0.9, 1.1);
    }

    [Fact]
    public void A_prediction_is_the_same_every_time()
    {
        BenchResult first = FirmwareRun.Measure(Workload("4k-mixed-qd32x4"), s_short);
        BenchResult second = FirmwareRun.Measure(Workload("4k-mixed-qd32x4"), s_short);
        foreach (Figure figure in Enum.GetValues<Figure>())
        {
            Assert.True(first.Figures[figure] == second.Figures[figure], $"{figure}: {first.Figures[figure]} and {second.Figures[figure]}");
        }
    }

    /// <summary>A cheaper list makes the reference's way faster: the prediction depends on what it says it depends on.</summary>
    [Fact]
    public void The_cost_of_a_list_is_what_limits_the_reference()
    {
        BenchParameters cheap = s_short with { Costs = s_short.Costs with { ListRunNanoseconds = 6_500 } };
        BenchResult dear = ReferenceRun.Measure(Workload("4k-randread-qd32x4"), s_short);
        BenchResult half = ReferenceRun.Measure(Workload("4k-randread-qd32x4"), cheap);
        Assert.Equal(Bottleneck.WriteListRuns, dear.Bottleneck);
        Assert.InRange(half.CommandsPerSecond / dear.CommandsPerSecond, 1.6, 2.1);
    }

    [Fact]
    public void Table_and_file_hold_every_row_and_parameter()
    {
        BenchWorkload workload = Workload("4k-randread-qd1");
        BenchRow row = new(FirmwareRun.Measure(workload, s_short), ReferenceRun.Measure(workload, s_short));
        using StringWriter text = new();
        BenchText.Write(text, [row], s_short);
        using MemoryStream file = new();
        BenchJson.Write(file, [row], s_short);
        using JsonDocument json = JsonDocument.Parse(file.ToArray());
        CostParameter[] parameters = [.. s_short.Costs.Parameters(), .. s_short.Parameters()];
        Assert.All(parameters, parameter => Assert.Contains($"| {parameter.Name} | {parameter.Value:0} | {parameter.Standing} |", text.ToString(), StringComparison.Ordinal));
        Assert.Equal(parameters.Select(parameter => parameter.Name), json.RootElement.GetProperty("parameters").EnumerateObject().Select(item => item.Name));
        Assert.Contains("| 4k-randread-qd1 |", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            row.Firmware.Figures[Figure.Commands],
            json.RootElement.GetProperty("rows")[0].GetProperty("firmware").GetProperty("counted").GetProperty("Commands").GetInt64());
    }

    private static BenchWorkload Workload(string name) => BenchWorkload.All.Single(workload => workload.Name == name);
}
