using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Tests.HostDriver;
using Xunit;

namespace Nvmepf.Tests.Startup;

/// <summary>A fact that needs systemd's own tools; skipped, and counted so, where they are not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SystemdFactAttribute : FactAttribute
{
    /// <summary>systemd's judge of units.</summary>
    internal const string Program = "/usr/bin/systemd-analyze";

    public SystemdFactAttribute()
    {
        if (!File.Exists(Program))
        {
            Skip = $"there is no {Program} on this machine: nobody has judged the unit";
        }
    }
}

/// <summary>The firmware as a process that an init starts and ends: readiness, signs of life, locked memory, and the files that make inits do it.</summary>
[Collection("firmware process")]
public sealed class InitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nvmepf-init").FullName;

    private string Watchdog => Path.Combine(_folder, "watchdog");

    private string ReadyFile => Path.Combine(_folder, "ready");

    [Fact]
    public async Task An_init_hears_that_it_is_ready_alive_and_ending()
    {
        File.WriteAllText(Watchdog, string.Empty);
        using Socket manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 60_000 };
        manager.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "notify")));
        Dictionary<string, string> environment = new() { ["NOTIFY_SOCKET"] = Path.Combine(_folder, "notify"), ["WATCHDOG_USEC"] = "200000" };
        using var firmware = new FirmwareProcess(environment, "--namespace", "ram:16M", "--watchdog", Watchdog, "--ready-file", ReadyFile);
        Assert.StartsWith("READY=1\n", Receive(manager), StringComparison.Ordinal);
        Assert.Equal("WATCHDOG=1", Receive(manager));
        Assert.Equal("WATCHDOG=1", Receive(manager)); // adaptive and idle: a reactor that sleeps turns all the same
        Assert.Equal($"{firmware.ProcessId}\n", File.ReadAllText(ReadyFile));
        _ = firmware.RunWell("identify");
        Task<string> stopping = Task.Run(() =>
        {
            string message = Receive(manager);
            while (message == "WATCHDOG=1")
            {
                message = Receive(manager);
            }

            return message;
        });
        Assert.Equal(0, firmware.Terminate());
        Assert.StartsWith("STOPPING=1\n", await stopping, StringComparison.Ordinal);
        Assert.False(File.Exists(ReadyFile));
        Assert.EndsWith("V", File.ReadAllText(Watchdog), StringComparison.Ordinal);
    }

    [Fact]
    public void A_crash_leaves_the_watchdog_armed()
    {
        File.WriteAllText(Watchdog, string.Empty);
        using (var firmware = new FirmwareProcess("--namespace", "ram:16M", "--watchdog", Watchdog))
        {
            _ = firmware.RunWell("identify");
        } // killed

        string pets = File.ReadAllText(Watchdog);
        Assert.NotEmpty(pets);
        Assert.DoesNotContain("V", pets, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_locked_where_that_is_wanted()
    {
        using var firmware = new FirmwareProcess("--namespace", "ram:16M", "--lock-memory");
        _ = firmware.RunWell("identify");
        string line = File.ReadLines($"/proc/{firmware.ProcessId}/status").First(text => text.StartsWith("VmLck:", StringComparison.Ordinal));
        Assert.True(long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1]) > 16 * 1024, line);
    }

    [Fact]
    public void A_process_that_may_not_lock_memory_says_what_would_allow_it()
    {
        string program = FirmwareProcess.FindBinary() ?? $"dotnet {Path.Combine(AppContext.BaseDirectory, "nvmepf.dll")}";
        string command = $"ulimit -l 64 && exec setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock -- {program}";
        ProcessStartInfo start = new("sh") { RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"{command} --vfio-user {_folder} --namespace ram:16M --lock-memory");
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(Nvmepf.Firmware.Program.StartFailed, process.ExitCode);
        Assert.StartsWith("nvmepf: --lock-memory: ", errors, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_MEMLOCK is 65536 bytes; allowed: no limit (LimitMEMLOCK=infinity", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_core_that_the_process_may_not_use_is_said_with_those_that_it_may()
    {
        ProcessStartInfo start = FirmwareProcess.StartInfo("--vfio-user", _folder, "--namespace", "ram:16M", "--cpu", "1023");
        start.RedirectStandardError = true;
        using Process process = Process.Start(start)!;
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(Nvmepf.Firmware.Program.StartFailed, process.ExitCode);
        Assert.Matches("cannot pin reactor 0 to CPU 1023: EINVAL .*; allowed: [0-9]+(, [0-9]+)*\n", errors);
    }

    [Theory]
    [InlineData("tools/image/systemd/nvmepf.service", "ExecStart=")]
    [InlineData("tools/image/rootfs/usr/sbin/nvmepf-board", "exec /usr/sbin/nvmepf")]
    public void The_files_for_inits_use_options_that_exist(string path, string start)
    {
        string text = File.ReadAllText(Path.Combine(Root, path)).Replace("\\\n", " ", StringComparison.Ordinal);
        string command = text.Split('\n').First(line => line.TrimStart().StartsWith(start, StringComparison.Ordinal));
        string[] options = [.. command.Split(' ', '=').Where(word => word.StartsWith("--", StringComparison.Ordinal))];
        Assert.NotEmpty(options);
        Assert.All(options, option => Assert.Contains(option, CommandLine.Usage(), StringComparison.Ordinal));
    }

    [Fact]
    public void BusyBox_init_starts_the_firmware_again_and_systemd_waits_for_its_word()
    {
        Assert.Contains("::respawn:/usr/sbin/nvmepf-board\n", File.ReadAllText(Path.Combine(Root, "tools/image/rootfs/etc/inittab")), StringComparison.Ordinal);
        string unit = File.ReadAllText(Path.Combine(Root, "tools/image/systemd/nvmepf.service"));
        foreach (string line in new[] { "Type=notify", "Restart=always", "WatchdogSec=", "LimitMEMLOCK=infinity", "KillSignal=SIGTERM", "TimeoutStopSec=" })
        {
            Assert.Contains($"\n{line}", unit, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_shutdown_by_BusyBox_waits_for_an_orderly_end()
    {
        // Its init sends SIGKILL a second after SIGTERM; what it runs before is waited for.
        Assert.Contains("::shutdown:/usr/sbin/nvmepf-stop\n", File.ReadAllText(Path.Combine(Root, "tools/image/rootfs/etc/inittab")), StringComparison.Ordinal);
        string settings = Path.Combine(_folder, "settings");
        File.WriteAllText(settings, $"READY_FILE={ReadyFile}\n");
        StopAsInitDoes(settings); // nothing runs: nothing to do
        using var firmware = new FirmwareProcess("--namespace", "file:FOLDER/disk,size=16M", "--ready-file", ReadyFile);
        _ = firmware.RunWell("identify");
        StopAsInitDoes(settings);
        Assert.True(firmware.HasExited);
        Assert.False(File.Exists(ReadyFile));
    }

    private static void StopAsInitDoes(string settings)
    {
        ProcessStartInfo start = new("sh", [Path.Combine(Root, "tools/image/rootfs/usr/sbin/nvmepf-stop")]);
        start.Environment["NVMEPF_SETTINGS"] = settings;
        using Process stop = Process.Start(start)!;
        stop.WaitForExit();
        Assert.Equal(0, stop.ExitCode);
    }

    [SystemdFact]
    public void Systemd_finds_nothing_wrong_with_the_unit()
    {
        // The program itself need not be installed where this runs.
        string unit = File.ReadAllText(Path.Combine(Root, "tools/image/systemd/nvmepf.service")).Replace("/usr/sbin/nvmepf", "/bin/true", StringComparison.Ordinal);
        Assert.Equal("", Verify(unit));
        Assert.Contains("KilSignal", Verify(unit.Replace("KillSignal", "KilSignal", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What systemd says of a unit that it does not understand or that cannot be.</summary>
    private string Verify(string unit)
    {
        string path = Path.Combine(_folder, "nvmepf.service");
        File.WriteAllText(path, unit);
        using Process verify = Process.Start(new ProcessStartInfo(SystemdFactAttribute.Program, ["verify", path]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string said = verify.StandardError.ReadToEnd();
        verify.WaitForExit();
        return said.Trim();
    }

    private static string Root { get; } = FindRoot();

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1024];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    private static string FindRoot()
    {
        string? folder = Environment.GetEnvironmentVariable("NVMEPF_ROOT") ?? AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Firmware.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new DirectoryNotFoundException("no folder with Firmware.sln: set NVMEPF_ROOT to the checkout");
    }
}
