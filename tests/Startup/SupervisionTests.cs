using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Startup;
using Nvmepf.Hal;
using Xunit;

namespace Nvmepf.Tests.Startup;

/// <summary>What an init sees, with a file in place of the watchdog device, a datagram socket in place of systemd, and reactors made of counters.</summary>
public sealed class SupervisionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("nvmepf-supervision").FullName;
    private readonly MemoryStream _logged = new();

    private string Watchdog => Path.Combine(_folder, "watchdog");

    private string ReadyFile => Path.Combine(_folder, "ready");

    private string NotifySocket => Path.Combine(_folder, "notify");

    [Fact]
    public void A_watchdog_is_petted_only_while_every_reactor_turns_and_disarmed_at_the_end()
    {
        File.WriteAllText(Watchdog, string.Empty);
        ReactorStatistics first = new();
        ReactorStatistics second = new();
        using EventLog log = new(_logged);
        using (Supervision supervision = new(Options with { WatchdogDevice = Watchdog }, -1, log))
        {
            supervision.Begin(first, second);
            supervision.Ready();
            WaitUntil(() =>
            {
                first.Turns++;
                second.Turns++;
                return Pets >= 3;
            });

            // One of two stands still: that must be noticed, and nothing petted from then on.
            WaitUntil(() =>
            {
                first.Turns++;
                return Log.Contains("A reactor has made no turn", StringComparison.Ordinal);
            });
            long pets = Pets;
            for (int i = 0; i < 20; i++)
            {
                first.Turns++;
                Thread.Sleep(10);
            }

            Assert.Equal(pets, Pets);
            WaitUntil(() =>
            {
                first.Turns++;
                second.Turns++;
                return Pets > pets;
            });
        }

        Assert.EndsWith("V", File.ReadAllText(Watchdog), StringComparison.Ordinal);
        Assert.DoesNotContain("V", File.ReadAllText(Watchdog)[..^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_start_is_given_time_and_readiness_is_said_once()
    {
        File.WriteAllText(Watchdog, string.Empty);
        File.WriteAllText(ReadyFile, "of an earlier process");
        using Socket manager = Listen(NotifySocket);
        using EventLog log = new(_logged);
        ReactorStatistics reactor = new();
        SupervisionOptions options = Options with
        {
            WatchdogDevice = Watchdog, ReadyFile = ReadyFile, NotifySocket = NotifySocket, ServiceWatchdogMicroseconds = 1_000_000,
        };
        using (Supervision supervision = new(options, -1, log))
        {
            Assert.False(File.Exists(ReadyFile));
            supervision.Begin(reactor);
            WaitUntil(() => Pets >= 3); // no turn yet, and no reason to reset the machine
            Assert.Equal(0, manager.Available);
            supervision.Ready();
            Assert.StartsWith("READY=1\n", Receive(manager), StringComparison.Ordinal);
            Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(ReadyFile));
            WaitUntil(() =>
            {
                reactor.Turns++;
                return manager.Available > 0;
            });
            Assert.Equal("WATCHDOG=1", Receive(manager));
        }

        Assert.False(File.Exists(ReadyFile));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_start_that_hangs_gives_no_sign_of_life_any_more(bool hasReactors)
    {
        File.WriteAllText(Watchdog, string.Empty);
        using EventLog log = new(_logged);
        using Supervision supervision = new(Options with { WatchdogDevice = Watchdog, StartMaximumMilliseconds = 300 }, -1, log);
        if (hasReactors)
        {
            supervision.Begin(new ReactorStatistics()); // it never turns; without it, the storage of its functions never opens
        }

        WaitUntil(() => Log.Contains("The start, or the end, has taken 300 ms", StringComparison.Ordinal));
        Assert.NotEqual(0, Pets);
        long pets = Pets;
        Thread.Sleep(200);
        Assert.Equal(pets, Pets);
        supervision.End(); // nothing is to be served: that takes as long as it takes
        WaitUntil(() => Pets > pets);
    }

    [Fact]
    public void Storage_may_take_its_time_to_close_when_the_reactors_have_ended()
    {
        File.WriteAllText(Watchdog, string.Empty);
        ReactorStatistics reactor = new();
        using EventLog log = new(_logged);
        using Supervision supervision = new(Options with { WatchdogDevice = Watchdog }, -1, log);
        supervision.Begin(reactor);
        supervision.Ready();
        WaitUntil(() =>
        {
            reactor.Turns++;
            return Pets >= 3;
        });
        supervision.Begin();
        long pets = Pets;
        WaitUntil(() => Pets > pets + 2);

        // Before, this thread was the reactor, and may have been kept from turning.
        Assert.DoesNotContain("The start, or the end, has taken", Log, StringComparison.Ordinal);
    }

    [Fact]
    public void An_abstract_name_of_the_service_managers_socket_works()
    {
        string name = $"nvmepf-test-{Environment.ProcessId}-{Guid.NewGuid():N}";
        using Socket manager = Listen("\0" + name);
        using EventLog log = new(_logged);
        using Supervision supervision = new(Options with { NotifySocket = "@" + name }, -1, log);
        supervision.Begin(new ReactorStatistics());
        supervision.Ready();
        Assert.StartsWith("READY=1\n", Receive(manager), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("none/watchdog", "ENOENT")]
    [InlineData("", "EISDIR")]
    public void A_watchdog_that_cannot_be_opened_is_said(string path, string error)
    {
        using EventLog log = new(_logged);
        PlatformException problem = Assert.Throws<PlatformException>(
            () => new Supervision(Options with { WatchdogDevice = Path.Combine(_folder, path) }, -1, log));
        Assert.StartsWith("--watchdog: ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(error, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/dev/watchdog", "/dev/watchdog", 0)]
    [InlineData("/dev/watchdog1,timeout=30", "/dev/watchdog1", 30)]
    public void A_watchdog_may_have_a_timeout(string value, string device, int seconds)
    {
        SupervisionOptions options = SupervisionOptions.From(CommandLine.Parse(["--watchdog", value]), _ => null);
        Assert.Equal(device, options.WatchdogDevice);
        Assert.Equal(seconds, options.WatchdogTimeoutSeconds);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("3601")]
    [InlineData("x")]
    public void A_wrong_timeout_is_said_with_what_is_allowed(string text)
    {
        ConfigurationException problem = Assert.Throws<ConfigurationException>(
            () => SupervisionOptions.From(CommandLine.Parse(["--watchdog", $"/dev/watchdog,timeout={text}"]), _ => null));
        Assert.EndsWith("allowed: 1 to 3600 seconds", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ready_file_without_a_name_or_a_directory_is_said()
    {
        ConfigurationException wrong = Assert.Throws<ConfigurationException>(
            () => SupervisionOptions.From(CommandLine.Parse(["--ready-file", string.Empty]), _ => null));
        Assert.Equal("--ready-file \"\": empty; allowed: a file, new or to be replaced", wrong.Message);
        using EventLog log = new(_logged);
        PlatformException problem = Assert.Throws<PlatformException>(
            () => new Supervision(Options with { ReadyFile = "/does/not/exist" }, -1, log));
        Assert.EndsWith("no such file or directory; allowed: a file in a directory that exists", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2000000", null, 2_000_000)]
    [InlineData("2000000", "1", 0)] // meant for another process
    [InlineData("garbage", null, 0)]
    [InlineData(null, null, 0)]
    public void Signs_of_life_are_for_who_asked_for_them(string? microseconds, string? process, long expected)
    {
        SupervisionOptions options = SupervisionOptions.From(
            CommandLine.Parse([]), name => name == "WATCHDOG_USEC" ? microseconds : name == "WATCHDOG_PID" ? process : null);
        Assert.Equal(expected, options.ServiceWatchdogMicroseconds);
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _logged.Dispose();
    }

    private static SupervisionOptions Options => new() { LookIntervalMilliseconds = 20 };

    private long Pets => new FileInfo(Watchdog).Length;

    private string Log => Encoding.ASCII.GetString(_logged.ToArray());

    private static Socket Listen(string path)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = 20_000 };
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[1024];
        return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
    }

    private static void WaitUntil(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20), "it did not happen within 20 s");
            Thread.Sleep(5);
        }
    }
}
