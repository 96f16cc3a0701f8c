using System.Diagnostics;
using Nvmepf.Hal;
using Nvmepf.Hal.VfioUser;
using Xunit;

namespace Nvmepf.Tests.VfioUser;

/// <summary>A platform in a directory of its own, polled by the test's thread: a client here never waits without polling.</summary>
internal sealed class Rig : IDisposable
{
    public const int Vectors = 9;
    private const int PatienceMilliseconds = 10_000;

    public Rig(
        bool mapDoorbells = true,
        int regionsMax = 1000,
        int filesMax = 16,
        int messageTimeoutMilliseconds = 5000,
        int holdTimeoutMilliseconds = 4000,
        int drainTimeoutMilliseconds = 10_000,
        int callsPerLook = 1,
        FunctionIdentity? identity = null)
    {
        DirectoryPath = Path.Combine(Path.GetTempPath(), "vu" + Guid.NewGuid().ToString("N")[..12]);
        VfioUserOptions options = new()
        {
            DirectoryPath = DirectoryPath,
            Log = Log,
            DmaRegionsMax = regionsMax,
            MappedFilesMax = filesMax,
            MessageTimeoutNanoseconds = messageTimeoutMilliseconds * 1_000_000L,
            HoldTimeoutNanoseconds = holdTimeoutMilliseconds * 1_000_000L,
            DrainTimeoutNanoseconds = drainTimeoutMilliseconds * 1_000_000L,
            CallsPerLook = callsPerLook,
        };
        Platform = new VfioUserPlatform(identity ?? Identity, options, mapDoorbells);
        Platform.Start(Handler);
    }

    public static FunctionIdentity Identity { get; } = new(0x1b96, 0xbeef, 0x1b96, 0x0001, 0x02, 0x010802, Vectors);

    /// <summary>The same with INTA# and four MSI messages.</summary>
    public static FunctionIdentity IdentityWithAllKinds { get; } = Identity with { InterruptPin = 1, MsiMessageCount = 4 };

    public string DirectoryPath { get; }

    public string SocketPath => Path.Combine(DirectoryPath, "cntrl");

    public VfioUserPlatform Platform { get; }

    public FakeHandler Handler { get; } = new();

    public RecordingLog Log { get; } = new();

    /// <summary>A client that has connected and said nothing.</summary>
    public RawClient Connect() => new(this);

    /// <summary>A client that has negotiated the way that QEMU does.</summary>
    public RawClient ConnectNegotiated()
    {
        RawClient client = new(this);
        client.Negotiate();
        return client;
    }

    /// <summary>Polls until something is true; fails when that takes too long.</summary>
    public void PollUntil(Func<bool> condition, string what)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Platform.Poll();
            Assert.True(Stopwatch.GetElapsedTime(start).TotalMilliseconds < PatienceMilliseconds, "waited too long until " + what);
        }
    }

    /// <summary>Polls often enough for everything that is on its way to arrive.</summary>
    public void Settle()
    {
        for (int i = 0; i < 100; i++)
        {
            Platform.Poll();
        }
    }

    public void Dispose()
    {
        Platform.Dispose();
        Directory.Delete(DirectoryPath, recursive: true);
    }
}
