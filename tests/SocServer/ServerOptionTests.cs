using Nvmepf.SocModel;
using Nvmepf.SocModel.Server;
using Xunit;

namespace Nvmepf.Tests.SocServer;

public sealed class ServerOptionTests
{
    [Fact]
    public void Everything_that_can_be_said_is_understood()
    {
        ServerOptions? options = ServerOptions.Parse(
            ["--board", "b", "--host", "h", "--seed", "18446744073709551615", "--access-log", "a", "--cold"], out string message);
        Assert.Equal(string.Empty, message);
        Assert.Equal(
            new ServerOptions
            {
                BoardDirectory = "b", HostDirectory = "h", Seed = ulong.MaxValue, AccessLogPath = "a", StartState = SocStartState.Cold,
            },
            options);
    }

    [Theory]
    [InlineData("--board DIR is missing")]
    [InlineData("option --board is unknown or lacks its value", "--board")]
    [InlineData("option --speed is unknown", "--speed", "1")]
    [InlineData("--seed -1: a number from 0 to 18446744073709551615 is allowed", "--board", "b", "--seed", "-1")]
    [InlineData("--start warm: cold, powered and kernel are allowed", "--board", "b", "--start", "warm")]
    public void What_is_wrong_is_said(string expected, params string[] arguments)
    {
        Assert.Null(ServerOptions.Parse(arguments, out string message));
        Assert.Equal(expected, message);
    }
}
