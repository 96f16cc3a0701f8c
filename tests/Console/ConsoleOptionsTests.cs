using System.Linq;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Console;
using Nvmepf.Firmware.Console.Transport;
using Xunit;

namespace Nvmepf.Tests.Console;

public sealed class ConsoleOptionsTests
{
    private const string Allowed = "allowed: /dev/NAME[,BAUD], - (standard input and output), unix:PATH or none";

    [Theory]
    [InlineData("ttyS2", "--console ttyS2: not a path; " + Allowed)]
    [InlineData("/dev/ttyS2,fast", "--console /dev/ttyS2,fast: the speed is no number of 50 to 10000000; " + Allowed)]
    [InlineData("/dev/ttyS2,49", "--console /dev/ttyS2,49: the speed is no number of 50 to 10000000; " + Allowed)]
    [InlineData("unix:", "--console unix:: the path is missing; " + Allowed)]
    [InlineData("none none", "--console none: given twice")]
    public void A_wrong_place_is_answered_with_one_line(string values, string line)
    {
        string[] arguments = [.. values.Split(' ').SelectMany(value => (string[])["--console", value])];
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(() => ConsoleOptions.Places(CommandLine.Parse(arguments), "/run/x"));
        Assert.Equal(line, wrong.Message);
    }

    [Fact]
    public void There_is_a_socket_unless_another_or_none_is_asked_for()
    {
        Assert.Equal([new ConsolePlace(ConsolePlaceKind.Socket, "/run/x/console", 0)], Places("/run/x"));
        Assert.Equal([new ConsolePlace(ConsolePlaceKind.Socket, "/run/nvmepf/console", 0)], Places(null));
        Assert.Equal(
            [new ConsolePlace(ConsolePlaceKind.Terminal, "/dev/ttyS2", 1_500_000), new ConsolePlace(ConsolePlaceKind.Socket, "/run/x/console", 0)],
            Places("/run/x", "/dev/ttyS2,1500000"));
        Assert.Equal([new ConsolePlace(ConsolePlaceKind.Socket, "/tmp/c", 0)], Places("/run/x", "unix:/tmp/c"));
        Assert.Equal(ConsolePlaceKind.None, Assert.Single(Places("/run/x", "none")).Kind);
    }

    private static List<ConsolePlace> Places(string? directory, params string[] values) =>
        ConsoleOptions.Places(CommandLine.Parse([.. values.SelectMany(value => (string[])["--console", value])]), directory);
}
