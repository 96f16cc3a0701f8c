using Xunit;

namespace Nvmepf.Tests;

public sealed class SkeletonTests
{
    [Fact]
    public void The_test_project_runs() => Assert.True(typeof(Nvmepf.Firmware.Program).IsClass);
}
