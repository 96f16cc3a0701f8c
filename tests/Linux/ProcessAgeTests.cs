using System.Diagnostics;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed class ProcessAgeTests
{
    [Fact]
    public void The_age_of_the_process_is_counted_from_where_the_kernel_started_it()
    {
        using Process self = Process.GetCurrentProcess();
        double before = (DateTime.Now - self.StartTime).TotalSeconds;
        double age = ProcessAge.Nanoseconds() / 1e9;
        double after = (DateTime.Now - self.StartTime).TotalSeconds;
        Assert.InRange(age, before - 2, after + 2);
        Assert.True(age > 0.01);
    }

    [Fact]
    public void The_boot_clock_does_not_go_back()
    {
        long first = Clock.BootTimeNanoseconds();
        Assert.InRange(Clock.BootTimeNanoseconds(), first, long.MaxValue);
        Assert.True(first > 0);
    }
}
