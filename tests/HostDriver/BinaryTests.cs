using System.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.HostDriver;

/// <summary>The published file itself: a few megabytes that need the C library and nothing else.</summary>
public sealed class BinaryTests
{
    private const long LengthMaxBytes = 8 << 20;
    private static readonly string[] s_allowedLibraries = ["linux-vdso.so", "libc.so", "libm.so", "libgcc_s.so", "ld-linux-"];

    private static string Binary =>
        FirmwareProcess.FindBinary() ?? throw new FileNotFoundException("there is no published binary; ./build.sh publish makes it");

    [Fact]
    public void The_binary_is_a_few_megabytes() => Assert.InRange(new FileInfo(Binary).Length, 1 << 20, LengthMaxBytes);

    [Fact]
    public void The_binary_needs_the_C_library_alone()
    {
        string[] lines = Output("ldd", Binary).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.Contains(s_allowedLibraries, name => line.Contains(name, StringComparison.Ordinal)));
    }

    [Fact]
    public void The_binary_says_its_version() => Assert.StartsWith("nvmepf ", Output(Binary, "--version"), StringComparison.Ordinal);

    private static string Output(string program, string argument)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, [argument]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(10_000), $"{program} {argument} does not end");
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
