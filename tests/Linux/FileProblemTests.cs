using Nvmepf.Hal.Linux;
using Xunit;

namespace Nvmepf.Tests.Linux;

/// <summary>What people read where the class library could not do something with a file.</summary>
public sealed class FileProblemTests
{
    [Theory]
    [InlineData("/does/not/exist/file", "no such file or directory")]
    [InlineData("/proc/version/file", "no such file or directory")]
    [InlineData("/dev/full", "ENOSPC")]
    [InlineData("", "not a path")]
    public void The_systems_reason_is_named_and_never_the_librarys_text(string path, string reason)
    {
        Exception problem = Assert.ThrowsAny<Exception>(() => File.WriteAllText(path, "text"));
        string described = FileProblem.Describe(problem);
        Assert.Contains(reason, described, StringComparison.Ordinal);
        Assert.DoesNotContain(problem.Message, described, StringComparison.Ordinal);
    }
}
