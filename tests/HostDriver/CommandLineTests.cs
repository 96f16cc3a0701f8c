using Nvmepf.HostDriver.Cli;
using Xunit;
using HostProgram = Nvmepf.HostDriver.Program;

namespace Nvmepf.Tests.HostDriver;

public sealed class CommandLineTests
{
    private static readonly OptionSpecification[] Common = [new("socket", "DIR", ""), new("help", null, "")];
    private static readonly OptionSpecification[] Bench =
        [new("depth", "N", ""), new("size", "SIZE", ""), new("verify", null, ""), new("pattern", "NAME", "")];

    private static CommandLine Parse(params string[] arguments) =>
        CommandLine.Parse(arguments, Common, static name => name == "bench" ? Bench : null);

    [Fact]
    public void Options_may_stand_on_both_sides_of_the_command()
    {
        CommandLine line = Parse("--socket", "/run/x", "bench", "--depth=7", "--verify");
        Assert.Equal("bench", line.Command);
        Assert.Equal("/run/x", line.Required("socket"));
        Assert.Equal(7, line.Number("depth", 1, 1, 100));
        Assert.True(line.Has("verify"));
        Assert.False(line.Has("help"));
        Assert.Empty(line.Operands);
    }

    [Fact]
    public void Defaults_hold_where_nothing_is_given()
    {
        CommandLine line = Parse("bench");
        Assert.Equal(32, line.Number("depth", 32, 1, 100));
        Assert.Equal(4096, line.Size("size", 4096, 512, 1 << 20));
        Assert.Equal("a", line.Choice("pattern", "a", "a", "b"));
        Assert.Contains(
            "--socket is missing", Assert.Throws<UsageException>(() => line.Required("socket")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unknown option --dept", "bench", "--dept", "7")]
    [InlineData("no command 'benhc'", "benhc")]
    [InlineData("--depth needs a value", "bench", "--depth")]
    [InlineData("--verify takes no value", "bench", "--verify=1")]
    public void Mistakes_are_named(string message, params string[] arguments) =>
        Assert.Contains(message, Assert.Throws<UsageException>(() => Parse(arguments)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("512", 512)]
    [InlineData("4K", 4096)]
    [InlineData("4k", 4096)]
    [InlineData("2M", 2 << 20)]
    [InlineData("3G", 3L << 30)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_take_suffixes(string text, long bytes) => Assert.Equal(bytes, CommandLine.ParseSize("size", text, 1, long.MaxValue));

    [Theory]
    [InlineData("")]
    [InlineData("K")]
    [InlineData("-1")]
    [InlineData("4X")]
    [InlineData("4.5K")]
    [InlineData("9999999999T")]
    [InlineData("1")]
    [InlineData("2T")]
    public void Sizes_out_of_shape_or_bounds_are_refused(string text) =>
        Assert.Throws<UsageException>(() => CommandLine.ParseSize("size", text, 2, 1L << 40));

    [Theory]
    [InlineData("0x1b96", 0x1b96)]
    [InlineData("12", 12)]
    [InlineData("-1", -1)]
    public void Numbers_may_be_hexadecimal(string text, long value) => Assert.Equal(value, CommandLine.ParseNumber("n", text, -1, 100_000));

    [Theory]
    [InlineData("0x")]
    [InlineData("1e3")]
    [InlineData("11")]
    public void Numbers_out_of_shape_or_bounds_are_refused(string text)
    {
        string message = Assert.Throws<UsageException>(() => CommandLine.ParseNumber("n", text, 0, 10)).Message;
        Assert.Contains("0 to 10", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Choices_say_what_is_allowed()
    {
        string message = Assert.Throws<UsageException>(() => Parse("bench", "--pattern", "c").Choice("pattern", "a", "a", "b")).Message;
        Assert.Contains("a, b", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Help_lists_every_command_and_succeeds()
    {
        var output = new StringWriter();
        Assert.Equal(HostProgram.ExitSuccess, HostProgram.Run(["--help"], output, new StringWriter()));
        Assert.All(HostCommands.All, command => Assert.Contains(command.Name, output.ToString(), StringComparison.Ordinal));
        foreach (HostCommand command in HostCommands.All)
        {
            var own = new StringWriter();
            Assert.Equal(HostProgram.ExitSuccess, HostProgram.Run([command.Name, "--help"], own, new StringWriter()));
            Assert.All(command.Options, option => Assert.Contains("--" + option.Name, own.ToString(), StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(HostProgram.ExitUsage)]
    [InlineData(HostProgram.ExitUsage, "frobnicate")]
    [InlineData(HostProgram.ExitUsage, "tour")]
    [InlineData(HostProgram.ExitUsage, "tour", "extra", "--socket", "/nonexistent")]
    [InlineData(HostProgram.ExitFailure, "tour", "--timeout", "1", "--socket", "/nonexistent/nvmepf")]
    public void Exit_codes_tell_wrong_lines_from_failures(int expected, params string[] arguments) =>
        Assert.Equal(expected, HostProgram.Run(arguments, new StringWriter(), new StringWriter()));

    [Fact]
    public void A_socket_that_is_not_there_is_one_line()
    {
        var errors = new StringWriter();
        _ = HostProgram.Run(["identify", "--timeout", "1", "--socket", "/nonexistent/nvmepf"], new StringWriter(), errors);
        string text = errors.ToString();
        Assert.Contains("/nonexistent/nvmepf/cntrl", text, StringComparison.Ordinal);
        _ = Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
