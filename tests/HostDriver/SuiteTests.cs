using System.Linq;
using System.Globalization;
using Nvmepf.HostDriver.Cli;
using Nvmepf.HostDriver.Suite;
using Nvmepf.HostDriver.Workload;
using Xunit;
using HostProgram = Nvmepf.HostDriver.Program;

namespace Nvmepf.Tests.HostDriver;

/// <summary>The benchmark suite as a program: that it measures what it says, keeps it, and compares it. No figure is judged here.</summary>
public sealed class SuiteTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nvmepf-suite-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Workloads_have_names_of_their_own()
    {
        HashSet<string> names = [];
        foreach (SuiteCase item in SuiteCase.All)
        {
            Assert.True(names.Add(item.Name), item.Name);
        }

        Assert.Contains("null randread 4K QD128 SGL", names);
        Assert.Contains("ram randread 4K QD32 x4 PRP", names);
        Assert.Contains("file randwrite 128K QD32 PRP", names);
    }

    [Fact]
    public void A_result_survives_its_file_and_what_was_not_measured_stays_unknown()
    {
        SuiteResult result = Sample(1000, double.NaN);
        SuiteResult read = SuiteJson.Read(Write("a.json", result));
        Assert.Equal(result.Cases, read.Cases);
        Assert.Equal(result.Stages, read.Stages);
        Assert.Equal(result.Reactors, read.Reactors);
        Assert.Equal(result.Looking, read.Looking);
        Assert.Equal(result with { Cases = read.Cases, Stages = read.Stages, Reactors = read.Reactors, Looking = read.Looking }, read);
        Assert.True(double.IsNaN(read.Cases[0].CyclesPerCommand));
    }

    [Fact]
    public void A_comparison_is_the_second_over_the_first()
    {
        StringWriter text = new();
        Assert.Equal(1, SuiteText.WriteComparison(text, Sample(1000, 1), Sample(1500, 1)));
        Assert.Contains("1.50", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Two_files_are_compared_and_what_only_one_of_them_has_is_named()
    {
        string a = Write("a.json", Sample(1000, double.NaN));
        SuiteResult other = Sample(1500, double.NaN);
        string b = Write("b.json", other with { BinaryBytes = 2, Cases = [.. other.Cases, other.Cases[0] with { Name = "new" }] });
        (int exitCode, string output) = Run("suite", "--compare", a, b);
        Assert.Equal(HostProgram.ExitSuccess, exitCode);
        string[] rows = output.Split('\n');
        Assert.Matches(@"^null randread 4K QD1 PRP +1\.0 +1\.5 +1\.50 +1\.00 +1\.00 +-$", rows.Single(row => row.StartsWith("null", StringComparison.Ordinal)));
        Assert.Matches(@"^binary, MB +0\.00 +0\.00 +2\.00$", rows.Single(row => row.StartsWith("binary", StringComparison.Ordinal)));
        Assert.Matches(@"^idle, trapped doorbells +- +- +-$", rows.Single(row => row.StartsWith("idle, t", StringComparison.Ordinal)));
        Assert.Contains("only in B: new", rows);
        Assert.Contains("only in A: new", Run("suite", "--compare", b, a).Output.Split('\n'));
    }

    [Theory]
    [InlineData("no workload in common", "--compare", "a.json", "empty.json")]
    [InlineData("allowed: --compare A.json B.json", "--compare", "a.json")]
    [InlineData("'c.json' does not belong here", "--compare", "a.json", "empty.json", "c.json")]
    [InlineData("'a.json' does not belong here", "a.json")]
    [InlineData("missing.json cannot be read", "--compare", "a.json", "missing.json")]
    [InlineData("cannot be read", "--compare", ".", "a.json")]
    [InlineData("cannot be read", "--compare", "", "a.json")]
    [InlineData("half.json is not a result of the suite", "--compare", "a.json", "half.json")]
    [InlineData("text.json is not a result of the suite", "--compare", "text.json", "a.json")]
    [InlineData("--firmware is missing", "--only", "null")]
    [InlineData("--firmware no/such/file: ", "--firmware", "no/such/file")]
    [InlineData("does not serve", "--firmware", "/bin/false")]
    [InlineData("--json no/such/folder/x.json: cannot be written", "--firmware", "/bin/false", "--json", "no/such/folder/x.json")]
    [InlineData("--svg .: cannot be written", "--firmware", "/bin/false", "--svg", ".")]
    [InlineData("--directory no/such/folder: no such directory", "--firmware", "/bin/false", "--directory", "no/such/folder")]
    [InlineData("cannot pin a thread to processor 1000", "--firmware", "/bin/false", "--firmware-cpu", "1000")]
    public void What_is_wrong_is_said_in_a_line_before_anything_is_measured(string words, params string[] arguments)
    {
        SuiteResult sample = Sample(1000, 1);
        string whole = File.ReadAllText(Write("a.json", sample));
        _ = Write("empty.json", sample with { Cases = [] });
        File.WriteAllText(Path.Join(_folder, "half.json"), whole[..(whole.Length / 2)]);
        File.WriteAllText(Path.Join(_folder, "text.json"), whole.Replace("\"commandsPerSecond\": 1000", "\"commandsPerSecond\": \"many\"", StringComparison.Ordinal));
        string[] placed = [.. arguments.Select(one => one.EndsWith(".json", StringComparison.Ordinal) && !one.Contains('/', StringComparison.Ordinal)
            && arguments[0] == "--compare" ? Path.Join(_folder, one) : one)];
        (int exitCode, string output) = Run(["suite", .. placed]);
        Assert.NotEqual(HostProgram.ExitSuccess, exitCode);
        Assert.Contains("nvmepf-host: ", output, StringComparison.Ordinal);
        Assert.Contains(words.Replace("'c.json'", $"'{Path.Join(_folder, "c.json")}'", StringComparison.Ordinal), output, StringComparison.Ordinal);
        Assert.DoesNotContain(" at Nvmepf", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_round_that_allocated_and_the_slowest_command_are_not_hidden_by_the_other_rounds()
    {
        List<CaseSample> samples = [Round(0, 1000, 50), Round(64, 90_000, 70), Round(0, 1000, 60)];
        CaseResult result = CaseSample.Summarize(new SuiteCase("null", "randread", 4096, 1), samples);
        Assert.Equal(64, result.AllocatedBytes);
        Assert.InRange(result.MaximumNanoseconds, 90_000, double.MaxValue);
        Assert.Equal((60, 0.5), (result.LimitCommandsPerSecond, result.RingEntersPerCommand));

        static CaseSample Round(ulong allocatedBytes, long nanoseconds, double limitPerSecond)
        {
            WorkloadResult workload = new() { Reads = 10, Elapsed = TimeSpan.FromSeconds(1) };
            workload.ReadLatency.Record(nanoseconds);
            return new CaseSample(workload, new ReactorCounters(10, 100, 5, allocatedBytes, 1000, 5), double.NaN, double.NaN, double.NaN, limitPerSecond, double.NaN);
        }
    }

    [Fact]
    public void What_a_wake_costs_stands_beside_a_bare_message()
    {
        StringWriter text = new();
        SuiteText.Write(text, Sample(1000, 1));
        string[] rows = text.ToString().Split('\n');
        Assert.Matches(@"^mapped doorbells +50\.00 +3\.0 +4\.0$", rows.Single(row => row.StartsWith("mapped", StringComparison.Ordinal)));
        Assert.Matches(@"^trapped, shadow doorbells +- +- +-$", rows.Single(row => row.StartsWith("trapped", StringComparison.Ordinal)));
        Assert.Matches(@"^a bare message, no firmware +- +7\.0 +8\.0$", rows.Single(row => row.StartsWith("a bare", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_bare_message_is_answered_each_time()
    {
        using BareMessage message = new();
        for (int i = 0; i < 100; i++)
        {
            Assert.True(message.Exchange() > 0);
        }
    }

    [Fact]
    public void Something_else_than_a_result_is_refused_by_name()
    {
        string path = Path.Join(_folder, "b.json");
        File.WriteAllText(path, "{ \"machine\": 5 }");
        UsageException wrong = Assert.Throws<UsageException>(() => SuiteJson.Read(path));
        Assert.Contains(path, wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_has_a_bar_a_limit_and_figures_that_no_mark_goes_through_for_each_workload()
    {
        StringWriter picture = new();
        SuiteResult sample = Sample(1000, 1);
        CaseResult one = sample.Cases[0];
        SuiteSvg.Write(
            picture,
            sample with { Cases = [one with { CommandsPerSecond = 9e7, LimitCommandsPerSecond = 2e9 }, one with { Name = "file <&> x", FioOperationsPerSecond = 800 }] });
        var document = System.Xml.Linq.XDocument.Parse(picture.ToString());
        System.Xml.Linq.XNamespace svg = "http://www.w3.org/2000/svg";
        Assert.Equal(3, document.Root!.Elements(svg + "rect").Count()); // the background and two bars
        System.Xml.Linq.XElement[] marks = [.. document.Root.Elements(svg + "line").Where(line => line.Attribute("stroke-width") is not null)];
        Assert.Equal(["black", "#c00", "black"], marks.Select(mark => mark.Attribute("stroke")!.Value));
        System.Xml.Linq.XElement[] texts = [.. document.Root.Elements(svg + "text")];
        Assert.Contains(texts, text => text.Value == "file <&> x");
        foreach (string figure in (string[])["1 k", "90000 k", "0.50"])
        {
            // Eight pixels a character are more than any takes at this size.
            System.Xml.Linq.XElement text = texts.Last(text => text.Value == figure);
            double begin = Number(text, "x") - (8 * figure.Length);
            Assert.All(marks, mark => Assert.True(Number(mark, "x1") < begin, $"{figure} begins at {begin}"));
        }

        static double Number(System.Xml.Linq.XElement element, string name) => double.Parse(element.Attribute(name)!.Value, CultureInfo.InvariantCulture);
    }

    [Fact]
    public void The_suite_measures_the_published_firmware()
    {
        if (FirmwareProcess.FindBinary() is not { } binary)
        {
            Assert.Fail("no published binary: run ./build.sh publish first");
            return;
        }

        string json = Path.Join(_folder, "run.json");
        StringWriter output = new();
        int exitCode = HostProgram.Run(
            [
                "suite", "--firmware", binary, "--only", "randread 4K QD1 PRP", "--seconds", "1", "--rounds", "1", "--store", "64M",
                "--directory", _folder, "--json", json, "--cpu", $"{Environment.ProcessorCount - 1}",
            ],
            output,
            output);
        Assert.True(exitCode == HostProgram.ExitSuccess, output.ToString());
        SuiteResult result = SuiteJson.Read(json);
        Assert.Equal(5, result.Cases.Count); // null, ram and file, and null and ram with interrupts
        foreach (CaseResult item in result.Cases)
        {
            Assert.True(item.CommandsPerSecond > 0, item.Name);
            Assert.True(item.Limit == SuiteLimit.None || item.LimitCommandsPerSecond > 0, item.Name);
            Assert.True(item.AllocatedBytes == 0, $"{item.Name}: {item.AllocatedBytes.ToString(CultureInfo.InvariantCulture)} bytes allocated");
            Assert.InRange(item.P50Nanoseconds, 1, item.MaximumNanoseconds);
        }

        Assert.True(result.MessageAfterPauseNanoseconds > 0 && result.TrappedFirstAfterIdleNanoseconds > 0, output.ToString());
        Assert.True(result.ResidentBytes > 0 && result.StartMilliseconds > 0 && result.EmptyTurnNanoseconds > 0, output.ToString());
        Assert.Empty(Directory.GetFiles(_folder, "*.img"));
    }

    [Fact]
    public void The_suite_compares_reactors_and_ways_of_looking()
    {
        if (FirmwareProcess.FindBinary() is not { } binary)
        {
            Assert.Fail("no published binary: run ./build.sh publish first");
            return;
        }

        string json = Path.Join(_folder, "more.json");
        StringWriter output = new();
        int exitCode = HostProgram.Run(
            [
                "suite", "--firmware", binary, "--only", "g null randread 4K QD1 ", "--seconds", "1", "--rounds", "1", "--store", "64M",
                "--directory", _folder, "--json", json, "--cpu", $"{Environment.ProcessorCount - 1}",
            ],
            output,
            output);
        Assert.True(exitCode == HostProgram.ExitSuccess, output.ToString());
        SuiteResult result = SuiteJson.Read(json);
        Assert.Empty(result.Cases);
        Assert.Equal(7, result.Looking.Select(item => item.Mode).Distinct().Count());
        Assert.All(result.Looking, item => Assert.True(item.CommandsPerSecond > 0 && item.BusyNanoseconds > 0, item.Line));
        Assert.Equal((1, 1), (result.Looking[0].RateRatio, result.Looking[0].BusyRatio)); // the one that the others are compared with

        SuiteOptions options = new()
        {
            Firmware = binary, FileDirectory = _folder, Filter = "reactors null randread", Rounds = 1, StoreBytes = 64 << 20, HostCpu = Environment.ProcessorCount - 1,
        };
        List<ReactorSample> reactors = new ReactorProbe(options, output).Run();
        Assert.Equal(options.HostCpu == options.FirmwareCpu ? 0 : 1, reactors.Count); // with one core there is nothing to compare
        Assert.All(reactors, item => Assert.InRange(item.FirstNanoseconds, 1, 1e9));
        Assert.All(reactors, item => Assert.InRange(item.SecondNanoseconds, 1, 1e9)); // each had a queue, or it would be far out
    }

    [Fact]
    public void Of_what_fio_prints_reads_and_writes_are_added()
    {
        const string Json = """{ "jobs": [ { "read": { "iops": 1000.5 }, "write": { "iops": 20 } } ] }""";
        Assert.Equal(1020.5, FioRun.Parse(Json));
        Assert.Throws<KeyNotFoundException>(() => FioRun.Parse("{}"));
    }

    [Fact]
    public void Fio_does_what_the_workload_does()
    {
        string[] arguments = FioRun.Arguments(1, "/a b", new SuiteCase("file", "randrw", 4096, 32, Queues: 2), TimeSpan.FromSeconds(2), isDirect: true);
        Assert.Contains("--rw=randrw", arguments);
        Assert.Contains("--rwmixread=70", arguments);
        Assert.Contains("--bs=4096", arguments);
        Assert.Contains("--iodepth=64", arguments);
        Assert.Contains("--direct=1", arguments);
        Assert.Contains("--filename=/a b", arguments);
    }

    private static (int ExitCode, string Output) Run(params string[] arguments)
    {
        StringWriter output = new();
        int exitCode = HostProgram.Run(arguments, output, output);
        return (exitCode, output.ToString());
    }

    private string Write(string name, SuiteResult result)
    {
        string path = Path.Join(_folder, name);
        using FileStream file = File.Create(path);
        SuiteJson.Write(file, result);
        return path;
    }

    private static SuiteResult Sample(double rate, double cycles) => new()
    {
        Machine = "a machine",
        BinaryBytes = 1,
        StartMilliseconds = 2,
        ResidentBytes = 3,
        IdleCoreShare = 0.5,
        FirstAfterPauseNanoseconds = 3000,
        FirstAfterIdleNanoseconds = 4000,
        MessageAfterPauseNanoseconds = 7000,
        MessageAfterIdleNanoseconds = 8000,
        CacheLineRoundTripNanoseconds = 5,
        EmptyTurnNanoseconds = 6,
        Reactors = [new ReactorSample("reactors null", 100, double.NaN, 101, 102, 1.9, 1.8, 1000, 2000)],
        Looking = [new LookingSample("null", "trace", 1000, 100, 0.99, 1.01)],
        Cases =
        [
            new CaseResult
            {
                Name = "null randread 4K QD1 PRP",
                CommandsPerSecond = rate,
                CommandsPerSecondMinimum = rate,
                CommandsPerSecondMaximum = rate,
                MegabytesPerSecond = 1,
                P50Nanoseconds = 1,
                P99Nanoseconds = 2,
                P999Nanoseconds = 3,
                MaximumNanoseconds = 4,
                Limit = SuiteLimit.CacheLineBounce,
                LimitCommandsPerSecond = 2 * rate,
                CyclesPerCommand = cycles,
            },
        ],
    };
}
