using System.Diagnostics;
using System.Runtime.CompilerServices;
using Nvmepf.HostDriver.Nvme;
using Xunit;
using HostProgram = Nvmepf.HostDriver.Program;

namespace Nvmepf.Tests.HostDriver;

/// <summary>
/// The firmware as a process of its own: the published binary (NVMEPF_BINARY, or out/linux-x64/nvmepf of the source tree), else the same
/// code by the runtime of the tests. It serves a directory that goes away with it.
/// </summary>
internal sealed class FirmwareProcess : IDisposable
{
    private readonly Process _process;
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"nvmepf-{Environment.ProcessId}-{Guid.NewGuid().ToString("N")[..8]}");
    private readonly List<string> _log = [];

    /// <summary>Starts it with one namespace or several; <c>FOLDER</c> in an argument is a directory for files.</summary>
    internal FirmwareProcess(params string[] arguments)
        : this(new Dictionary<string, string>(), arguments)
    {
    }

    /// <summary>The same with more environment variables.</summary>
    internal FirmwareProcess(Dictionary<string, string> environment, params string[] arguments)
        : this(environment, ["--vfio-user", "FOLDER"], arguments)
    {
    }

    private FirmwareProcess(Dictionary<string, string> environment, string[] socket, string[] arguments)
    {
        _ = Directory.CreateDirectory(_folder);
        ProcessStartInfo start = StartInfo(Array.ConvertAll([.. socket, .. arguments], argument => argument.Replace("FOLDER", _folder, StringComparison.Ordinal)));
        start.RedirectStandardError = true;
        start.RedirectStandardOutput = true;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = Process.Start(start)!;
        _process.ErrorDataReceived += Keep;
        _process.OutputDataReceived += Keep;
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
    }

    /// <summary>How the firmware is started, for who looks after it by himself.</summary>
    internal static ProcessStartInfo StartInfo(params string[] arguments)
    {
        string? binary = FindBinary();
        return new ProcessStartInfo(binary ?? "dotnet", binary is null ? [Path.Combine(AppContext.BaseDirectory, "nvmepf.dll"), .. arguments] : arguments);
    }

    /// <summary>One whose configuration says where its sockets are; its console is in the folder.</summary>
    internal static FirmwareProcess WithoutSocket(params string[] arguments) => new([], ["--console", "unix:FOLDER/console"], arguments);

    /// <summary>What the firmware has printed.</summary>
    internal string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    /// <summary>Its process identifier.</summary>
    internal int ProcessId => _process.Id;
    /// <summary>The directory that it serves.</summary>
    internal string Folder => _folder;

    internal bool HasExited => _process.HasExited;

    /// <summary>Connects the library; the socket may still be on its way.</summary>
    internal NvmeHost Connect(NvmeHostOptions? options = null) =>
        NvmeHost.Connect(_folder, (options ?? new NvmeHostOptions()) with { Timeout = TimeSpan.FromSeconds(60) });

    /// <summary>Runs a command of the tool against it and returns its exit code and what it printed.</summary>
    internal (int ExitCode, string Output) Run(params string[] arguments)
    {
        var output = new StringWriter();
        int exitCode = HostProgram.Run(["--socket", _folder, "--timeout", "60", .. arguments], output, output);
        return (exitCode, output.ToString());
    }

    /// <summary>Runs a command that must succeed; what it printed, and the firmware's log, is the message otherwise.</summary>
    internal string RunWell(params string[] arguments)
    {
        (int exitCode, string output) = Run(arguments);
        Assert.True(exitCode == HostProgram.ExitSuccess, $"nvmepf-host {string.Join(' ', arguments)}: exit code {exitCode}\n{output}\nfirmware:\n{Log}");
        return output;
    }

    /// <summary>Ends it as an init system does, and returns its exit code.</summary>
    internal int Terminate()
    {
        using (Process kill = Process.Start("kill", ["-TERM", $"{_process.Id}"])!)
        {
            kill.WaitForExit();
        }

        Assert.True(_process.WaitForExit(60_000), $"the firmware did not end within 60 s of SIGTERM:\n{Log}");
        _process.WaitForExit(); // the wait with a limit does not wait for the last lines
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _ = _process.WaitForExit(10_000);
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal static string? FindBinary()
    {
        if (Environment.GetEnvironmentVariable("NVMEPF_BINARY") is { } named)
        {
            return named;
        }

        string? root = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? SourceRoot();
        string published = Path.Combine(root ?? "", "out", "linux-x64", "nvmepf");
        return root is not null && File.Exists(published) ? published : null;
    }

    private static string? SourceRoot([CallerFilePath] string path = "") => Path.GetDirectoryName(Path.GetDirectoryName(Path.GetDirectoryName(path)));

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            _log.Add(line.Data ?? "");
        }
    }
}
