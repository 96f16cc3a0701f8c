using System.Diagnostics;
using Xunit;

namespace Nvmepf.Tests.Configuration;

/// <summary>A directory that goes away with the test, and a shell in it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => _ = Directory.CreateDirectory(Root);

    public string Root { get; } = Path.Combine(Path.GetTempPath(), $"nvmepf-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");

    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Runs a script by /bin/sh, which must succeed.</summary>
    public void Shell(string script)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardError = true, WorkingDirectory = Root };
        start.ArgumentList.Add("-euc");
        start.ArgumentList.Add(script);
        using Process shell = Process.Start(start)!;
        string errors = shell.StandardError.ReadToEnd();
        shell.WaitForExit();
        Assert.True(shell.ExitCode == 0, $"the script ended with {shell.ExitCode}: {errors}\n{script}");
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
