using Nvmepf.Firmware.Passthrough;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Passthrough;

/// <summary>What a host is told for what the kernel says of a forwarded command.</summary>
public sealed class TargetStatusTests
{
    [Theory]
    [InlineData(0, 0x0000, false)]
    [InlineData(0x4002, 0x4002, false)] // Invalid Field with Do Not Retry: the target's word
    [InlineData(0x0281, 0x0281, false)] // Unrecovered Read Error
    [InlineData(0x6080, 0x4080, false)] // More is about the target's error log
    [InlineData(0x0821, 0x0021, false)] // a retry delay is between the target and its host
    [InlineData(0x0370, 0x0082, true)] // Host Pathing Error: not sent
    [InlineData(0x0371, 0x0021, true)] // Command Aborted By Host: taken back
    [InlineData(0x4301, 0x0082, true)] // ANA Persistent Loss: the host knows no ANA groups, and may retry
    public void A_status_passes_unless_it_is_about_the_path(int result, int expected, bool isLost)
    {
        Status status = TargetStatus.Of(result, isAdmin: false, out bool lost);
        Assert.Equal((expected, isLost), (status.Raw, lost));
    }

    [Theory]
    [InlineData(Errno.ENODEV, 0x0082, true)]
    [InlineData(Errno.EINVAL, 0x0082, true)] // a multipath device without a path
    [InlineData(Errno.EINTR, 0x0021, true)]
    [InlineData(Errno.EFAULT, 0x0004, false)]
    [InlineData(Errno.EACCES, 0x4006, false)]
    [InlineData(Errno.EOPNOTSUPP, 0x4006, false)]
    public void An_error_number_becomes_a_status(int errorNumber, int expected, bool isLost)
    {
        Status status = TargetStatus.Of(-errorNumber, isAdmin: false, out bool lost);
        Assert.Equal((expected, isLost), (status.Raw, lost));
    }

    [Fact]
    public void An_admin_command_has_no_namespace_to_be_not_ready()
    {
        Assert.Equal(StatusCode.CommandInterrupted, TargetStatus.Of(0x370, isAdmin: true, out _).Code);
        Assert.Equal(StatusCode.CommandInterrupted, TargetStatus.Unreachable(isAdmin: true).Code);
        Assert.False(TargetStatus.Unreachable(isAdmin: false).DoNotRetry);
    }

    [Fact]
    public void Delays_grow_with_the_time_that_the_target_is_away()
    {
        Assert.Equal(1, TargetStatus.RetryDelay(0));
        Assert.Equal(1, TargetStatus.RetryDelay(999_999_999));
        Assert.Equal(2, TargetStatus.RetryDelay(1_000_000_000));
        Assert.Equal(3, TargetStatus.RetryDelay(10_000_000_000));
    }
}
