using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

public sealed class KeepAliveTests
{
    private const long Second = 1_000_000_000;

    private static void SetTimeout(AdminHost host, uint milliseconds) =>
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.SetFeatures, 0, 0x0F, milliseconds)).Code);

    [Fact]
    public void Without_a_timeout_nothing_expires()
    {
        using AdminHost host = new();
        host.Platform.NowNanoseconds += 1_000_000 * Second;
        host.Turn();
        Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.KeepAlive)).Code);
    }

    [Fact]
    public void A_silent_host_finds_a_fatal_status_and_an_error_entry()
    {
        using AdminHost host = new();
        SetTimeout(host, 5000);
        host.Platform.NowNanoseconds += 5 * Second;
        host.Turn();
        Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
        host.Platform.NowNanoseconds += Second;
        host.Turn();
        Assert.True(host.Controller.Registers.Status.ControllerFatalStatus);
        ErrorInformationLogEntry[] entries = new ErrorInformationLogEntry[1];
        host.Controller.Errors.CopyTo(entries);
        Assert.Equal(StatusCode.KeepAliveTimerExpired, entries[0].StatusInfo.Status.Code);
        Assert.Equal(1ul, host.Controller.Errors.Count);
    }

    [Fact]
    public void Keep_Alive_commands_hold_it_off()
    {
        using AdminHost host = new();
        SetTimeout(host, 2000);
        for (int i = 0; i < 10; i++)
        {
            host.Platform.NowNanoseconds += 2 * Second;
            Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.KeepAlive)).Code);
        }

        Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
    }

    [Fact]
    public void Any_command_begins_another_interval_when_its_own_ends()
    {
        using AdminHost host = new();
        SetTimeout(host, 2000);
        for (int i = 0; i < 10; i++)
        {
            host.Platform.NowNanoseconds += Second;
            Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.Identify, 0, (uint)Cns.Controller)).Code);
            host.Platform.NowNanoseconds += Second + 1;
            host.Turn();
            Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
        }

        host.Platform.NowNanoseconds += 2 * Second; // the interval after the one with the last command is not over yet
        host.Turn();
        Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
        host.Platform.NowNanoseconds += (2 * Second) + 1;
        host.Turn();
        Assert.True(host.Controller.Registers.Status.ControllerFatalStatus);
    }

    [Fact]
    public void After_the_expiry_no_command_is_fetched_until_a_reset()
    {
        using AdminHost host = new();
        SetTimeout(host, 1000);
        host.Platform.NowNanoseconds += 3 * Second;
        host.Turn();
        _ = host.Submit(AdminHost.Command(AdminOpcode.KeepAlive));
        Assert.Null(host.Take());
        host.Reset();
        Assert.Equal(StatusCode.Success, host.Run(AdminHost.Command(AdminOpcode.KeepAlive)).Code);
    }

    [Fact]
    public void A_reset_turns_the_timer_off()
    {
        using AdminHost host = new();
        SetTimeout(host, 1000);
        host.Reset();
        host.Platform.NowNanoseconds += 60 * Second;
        host.Turn();
        Assert.False(host.Controller.Registers.Status.ControllerFatalStatus);
        Assert.Equal(0u, host.Controller.Features.KeepAliveTimeoutMilliseconds);
    }

    [Theory]
    [InlineData(0u, 0u)]
    [InlineData(1u, 1000u)]
    [InlineData(1000u, 1000u)]
    [InlineData(1001u, 2000u)]
    [InlineData(uint.MaxValue - 999, 4294967000u)]
    public void A_timeout_is_rounded_up_to_the_granularity(uint milliseconds, uint expected)
    {
        KeepAliveTimer timer = new();
        Assert.True(timer.TrySet(milliseconds, 0));
        Assert.Equal(expected, timer.TimeoutMilliseconds);
    }

    [Fact]
    public void A_timeout_that_cannot_be_rounded_up_is_refused()
    {
        KeepAliveTimer timer = new();
        Assert.True(timer.TrySet(3000, 0));
        Assert.False(timer.TrySet(uint.MaxValue, 0));
        Assert.Equal(3000u, timer.TimeoutMilliseconds);
    }
}
