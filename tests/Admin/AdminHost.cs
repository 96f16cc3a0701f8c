using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Diagnostics;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Hal;
using Nvmepf.Spec;
using Xunit;

namespace Nvmepf.Tests.Admin;

/// <summary>What came back for one command.</summary>
internal readonly record struct Answer(StatusCode Code, bool DoNotRetry, bool More, uint Dword0, ushort CommandIdentifier);

/// <summary>A host with an admin queue pair in memory of its own, and the controller that it talks to, on one thread.</summary>
internal sealed class AdminHost : IDisposable
{
    public const ulong DataAddress = FakePlatform.HostMemoryAddress + 0x10_0000;

    private const int QueueEntries = 32;
    private const ulong SubmissionAddress = FakePlatform.HostMemoryAddress;
    private const ulong CompletionAddress = FakePlatform.HostMemoryAddress + 0x1000;
    private readonly MemoryStream _logOutput = new();
    private readonly EventLog _log;
    private ushort _tail;
    private ushort _head;
    private bool _phase = true;
    private ushort _nextCommandIdentifier = 100;

    public AdminHost(NvmeNamespace[]? namespaces = null, FakePlatform? platform = null, ControllerSettings? settings = null, bool allCommandSets = true)
    {
        Platform = platform ?? new FakePlatform();
        _log = new EventLog(_logOutput);
        Settings = settings ?? DefaultSettings;
        Controller = new NvmeController(Settings, Platform, new NamespaceTable(namespaces ?? [Namespace(1)]), _log);
        Controller.LinkUp();
        Enable(allCommandSets);
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

    public ControllerSettings Settings { get; }

    public NvmeController Controller { get; }

    public static NvmeNamespace Namespace(uint identifier, FakeBackend? backend = null, uint blockBytes = 512, bool isActive = true) =>
        new(identifier, backend ?? new FakeBackend(), blockBytes, Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
        {
            IsActive = isActive,
        };

    public static SubmissionQueueEntry Command(
        AdminOpcode opcode,
        uint nsid = 0,
        uint cdw10 = 0,
        uint cdw11 = 0,
        uint cdw12 = 0,
        uint cdw13 = 0,
        uint cdw14 = 0) => new()
        {
            Cdw0 = new CommandDword0 { Opcode = (byte)opcode },
            NamespaceIdentifier = nsid,
            Prp1 = DataAddress,
            Prp2 = DataAddress + 0x1000,
            Cdw10 = cdw10,
            Cdw11 = cdw11,
            Cdw12 = cdw12,
            Cdw13 = cdw13,
            Cdw14 = cdw14,
        };

    public Span<byte> Data(int lengthBytes) => Platform.Memory(DataAddress, lengthBytes);

    public ref T DataAs<T>()
        where T : unmanaged => ref Platform.At<T>(DataAddress);

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

    /// <summary>Queues a command and lets the controller turn; returns its identifier.</summary>
    public ushort Submit(SubmissionQueueEntry entry)
    {
        ushort identifier = _nextCommandIdentifier++;
        entry.Cdw0 = entry.Cdw0 with { CommandIdentifier = identifier };
        Platform.At<SubmissionQueueEntry>(SubmissionAddress + ((ulong)_tail * SubmissionQueueEntry.SizeBytes)) = entry;
        _tail = (ushort)((_tail + 1) % QueueEntries);
        Doorbell(0, _tail);
        Turn();
        return identifier;
    }

    public void Turn()
    {
        for (int i = 0; i < 3; i++)
        {
            _ = Controller.Turn(Platform.NowNanoseconds);
        }
    }

    /// <summary>The next completion, or null.</summary>
    public Answer? Take()
    {
        CompletionQueueEntry entry = Platform.At<CompletionQueueEntry>(CompletionAddress + ((ulong)_head * CompletionQueueEntry.SizeBytes));
        if (entry.CompletionStatus.PhaseTag != _phase)
        {
            return null;
        }

        _head = (ushort)((_head + 1) % QueueEntries);
        _phase ^= _head == 0;
        Doorbell(4, _head);
        Status status = entry.CompletionStatus.Status;
        return new Answer(status.Code, status.DoNotRetry, status.More, entry.Dword0, entry.CommandIdentifier);
    }

    /// <summary>CC.EN to 0 and to 1 again.</summary>
    public void Reset()
    {
        Controller.RegisterWrite(RegisterOffset.ControllerConfiguration, 0, 4);
        Turn();
        Platform.Memory(FakePlatform.HostMemoryAddress, 0x2000).Clear();
        _tail = 0;
        _head = 0;
        _phase = true;
        Enable(true);
    }

    public unsafe void Doorbell(uint offset, uint value) =>
        Volatile.Write(ref *Platform.Bar0.Word32(Bar0Layout.DoorbellBase + offset), value);

    public void Dispose()
    {
        Controller.Dispose();
        Platform.Dispose();
        _log.Dispose();
        _logOutput.Dispose();
    }

    private void Enable(bool allCommandSets)
    {
        const uint QueueAttributes = (QueueEntries - 1) | ((QueueEntries - 1) << 16);
        Controller.RegisterWrite(RegisterOffset.AdminQueueAttributes, QueueAttributes, 4);
        Controller.RegisterWrite(RegisterOffset.AdminSubmissionQueueBase, SubmissionAddress, 8);
        Controller.RegisterWrite(RegisterOffset.AdminCompletionQueueBase, CompletionAddress, 8);
        ControllerConfiguration configuration = new()
        {
            Enable = true,
            IoCommandSetSelected = allCommandSets ? IoCommandSetSelected.AllSupportedIoCommandSets : IoCommandSetSelected.NvmCommandSet,
            IoSubmissionQueueEntrySizeLog2 = 6,
            IoCompletionQueueEntrySizeLog2 = 4,
        };
        Controller.RegisterWrite(RegisterOffset.ControllerConfiguration, configuration.Raw, 4);
        Assert.True(Controller.Registers.Status.Ready);
    }
}
