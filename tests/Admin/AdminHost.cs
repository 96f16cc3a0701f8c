using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Nvmepf.Tests.Support;
using Xunit;

namespace Nvmepf.Tests.Admin;

/// <summary>What came back for one command.</summary>
internal readonly record struct Answer(StatusCode Code, bool DoNotRetry, bool More, uint Dword0, ushort CommandIdentifier);

/// <summary>
/// A controller without disks, and a host that speaks to its admin queue and sees every completion, events included. The clock stands
/// still unless the test moves it.
/// </summary>
internal sealed class AdminHost : IDisposable
{
    private const int DataBytes = 1 << 20;
    private readonly MemoryStream _logOutput = new();
    private readonly EventLog _log;
    private readonly TestHost _host;

    public AdminHost(
        NvmeNamespace[]? namespaces = null,
        FakePlatformOptions? platform = null,
        ControllerSettings? settings = null,
        bool allCommandSets = true,
        int capacity = 0)
    {
        Platform = new FakePlatform(platform ?? new FakePlatformOptions { InterruptVectorCount = 5 }) { NanosecondsPerPoll = 0 };
        _log = new EventLog(_logOutput);
        Controller = new NvmeController(settings ?? DefaultSettings, Platform, new NamespaceTable(namespaces ?? [Namespace(1)], capacity), _log);
        Platform.Start(Controller);
        TestHostOptions options = new()
        {
            IoCommandSetSelected = allCommandSets ? IoCommandSetSelected.AllSupportedIoCommandSets : IoCommandSetSelected.NvmCommandSet,
        };
        _host = new TestHost(Platform, TurnOnce, options);
        DataAddress = _host.Allocate(DataBytes);
        Platform.QueueLinkUp();
        Assert.True(_host.Enable());
    }

    public static ControllerSettings DefaultSettings => new()
    {
        SubsystemNqn = "nqn.2026-01.test:subsystem",
        Serial = "SERIAL01",
        Model = "Model of the test",
        FirmwareRevision = "1.2.3",
        IeeeOui = 0x123456,
        ControllerId = 7,
        CommandSlots = 64,
        TransferBuffers = 8,
    };

    public FakePlatform Platform { get; }

    public NvmeController Controller { get; }

    /// <summary>Where the data of every command is.</summary>
    public ulong DataAddress { get; }

    public static NvmeNamespace Namespace(uint identifier, FakeBackend? backend = null, uint blockBytes = 512, bool isActive = true)
    {
        byte[] nguid = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
        Guid uuid = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");
        return new NvmeNamespace(identifier, backend ?? new FakeBackend(), blockBytes, uuid, nguid) { IsActive = isActive };
    }

    public static SubmissionQueueEntry Command(
        AdminOpcode opcode,
        uint nsid = 0,
        uint cdw10 = 0,
        uint cdw11 = 0,
        uint cdw12 = 0,
        uint cdw13 = 0,
        uint cdw14 = 0)
    {
        SubmissionQueueEntry entry = TestHost.Admin(opcode, nsid);
        entry.Cdw10 = cdw10;
        entry.Cdw11 = cdw11;
        entry.Cdw12 = cdw12;
        entry.Cdw13 = cdw13;
        entry.Cdw14 = cdw14;
        return entry;
    }

    public Span<byte> Data(int lengthBytes) => Platform.Memory.Bytes(DataAddress, lengthBytes);

    public ref T DataAs<T>()
        where T : unmanaged => ref Platform.Memory.At<T>(DataAddress);

    /// <summary>Runs a command that ends by itself.</summary>
    public Answer Run(SubmissionQueueEntry entry)
    {
        ushort identifier = Submit(entry);
        Answer? answer = Take();
        Assert.True(answer.HasValue, "the command has not ended");
        Assert.Equal(identifier, answer.Value.CommandIdentifier);
        return answer.Value;
    }

    /// <summary>Runs a command that makes the controller report an event at the same time.</summary>
    public StatusCode RunAndReport(SubmissionQueueEntry entry, out Answer reported)
    {
        ushort identifier = Submit(entry);
        Answer? first = Take();
        Answer? second = Take();
        Assert.True(first.HasValue && second.HasValue, "the command and an event should have ended");
        bool isFirst = first.Value.CommandIdentifier == identifier;
        reported = isFirst ? second.Value : first.Value;
        return (isFirst ? first.Value : second.Value).Code;
    }

    /// <summary>Runs an I/O command on a queue of its own, with a block of data.</summary>
    public StatusCode RunIo(SubmissionQueueEntry entry)
    {
        CreateIoQueue();
        entry.Prp1 = DataAddress;
        return _host.Execute(_host.Submission(1), in entry).CompletionStatus.Status.Code;
    }

    /// <summary>Queues an I/O command and lets the controller turn.</summary>
    public void SubmitIo(SubmissionQueueEntry entry)
    {
        CreateIoQueue();
        entry.Prp1 = DataAddress;
        _ = _host.Submission(1).Submit(in entry);
        Turn();
    }

    /// <summary>The status of the next completion of an I/O command, or null.</summary>
    public StatusCode? TakeIo() =>
        _host.TryReap(1, out CompletionQueueEntry entry) ? entry.CompletionStatus.Status.Code : null;

    /// <summary>Queues an I/O command without data on a queue of its own and lets the controller turn.</summary>
    public void SubmitIo(NvmOpcode opcode, uint nsid)
    {
        _host.CreateIoQueues(1, 16);
        SubmissionQueueEntry entry = new() { Cdw0 = new CommandDword0 { Opcode = (byte)opcode }, NamespaceIdentifier = nsid };
        _ = _host.Submission(1).Submit(in entry);
        Turn();
    }

    /// <summary>Queues a command and lets the controller turn; returns its identifier.</summary>
    public ushort Submit(SubmissionQueueEntry entry)
    {
        // Two pages, the second where the list would be: enough for what the commands of these tests move.
        entry.Prp1 = DataAddress;
        entry.Prp2 = DataAddress + _host.PageBytes;
        ushort identifier = _host.AdminQueue.Submit(in entry);
        Turn();
        return identifier;
    }

    public void Turn() => _host.RunTurns(3);

    /// <summary>The next completion, or null.</summary>
    public Answer? Take()
    {
        if (!_host.TryReap(0, out CompletionQueueEntry entry))
        {
            return null;
        }

        Status status = entry.CompletionStatus.Status;
        return new Answer(status.Code, status.DoNotRetry, status.More, entry.Dword0, entry.CommandIdentifier);
    }

    /// <summary>CC.EN to 0 and to 1 again.</summary>
    public void Reset()
    {
        Assert.True(_host.Disable());
        Assert.True(_host.Enable());
    }

    /// <summary>Writes a doorbell by its offset among them.</summary>
    public unsafe void Doorbell(uint offset, uint value) =>
        Volatile.Write(ref *Platform.HostBar.Word32(Bar0Layout.DoorbellBase + offset), value);

    public void Dispose()
    {
        Controller.Dispose();
        Platform.Dispose();
        _log.Dispose();
        _logOutput.Dispose();
    }

    private void CreateIoQueue()
    {
        if (!Controller.Queues.AnyIoQueueCreated)
        {
            _host.CreateIoQueues(1, 16);
        }
    }

    private bool TurnOnce()
    {
        bool worked = Platform.Poll();
        return Controller.Turn(Platform.NowNanoseconds) > 0 || worked;
    }
}
