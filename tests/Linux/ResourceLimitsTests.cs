using System.Globalization;
using System.Linq;
using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

public sealed class ResourceLimitsTests
{
    [Fact]
    public void As_many_files_as_the_process_may_open_can_be_opened()
    {
        int limit = ResourceLimits.RaiseOpenFiles();

        // Max open files   SOFT   HARD   files
        string[] shown = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(shown[4], shown[3]);
        Assert.Equal(shown[4], limit.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(limit, ResourceLimits.RaiseOpenFiles());
    }
}
