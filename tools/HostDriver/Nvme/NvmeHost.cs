using Nvmepf.HostDriver.VfioUser;
using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// A userspace NVMe host: brings a controller up, runs commands on any queues one by one or many at a time, and takes it down
/// (NVMe Base 2.1 chapter 3). It polls; interrupts are there for who wants to see them. One thread uses it at a time.
/// </summary>
/// <remarks>The benchmark's loop is not here (see the Workload folder): this class keeps books that cost time.</remarks>
public sealed unsafe partial class NvmeHost : IDisposable
{
    private const int DoorbellBase = 0x1000;
    private const int DoorbellPageLengthBytes = 0x1000;

    private readonly Dictionary<ushort, HostSubmissionQueue> _submissionQueues = [];
    private readonly Dictionary<ushort, HostCompletionQueue> _completionQueues = [];
    private byte* _doorbells;

    private NvmeHost(VfioUserClient client, NvmeHostOptions options)
    {
        Client = client;
        Options = options;
        Function = new PciFunction(client);
        Arena = new DmaArena(options.ArenaLengthBytes);
    }

    /// <summary>How this host was set up.</summary>
    public NvmeHostOptions Options { get; private set; }

    /// <summary>The connection.</summary>
    public VfioUserClient Client { get; }

    /// <summary>Configuration space and interrupts.</summary>
    public PciFunction Function { get; }

    /// <summary>The memory that the device may reach.</summary>
    public DmaArena Arena { get; }

    /// <summary>CAP as read when the connection was made.</summary>
    public ControllerCapabilities Capabilities { get; private set; }

    /// <summary>Bytes of a host memory page as set in CC.MPS.</summary>
    public int PageLengthBytes => 4096 << Options.MemoryPageSize;

    /// <summary>Whether doorbells are stores into mapped memory.</summary>
    public bool DoorbellsMapped => _doorbells != null;

    /// <summary>Doorbells of I/O queues in memory; null where there are none (<see cref="NvmeHostOptions.ShadowDoorbells"/>).</summary>
    public ShadowDoorbells? Shadows { get; private set; }

    /// <summary>The admin submission queue; valid after <see cref="Enable"/>.</summary>
    public HostSubmissionQueue AdminQueue { get; private set; } = null!;

    /// <summary>The I/O submission queues that exist, by identifier.</summary>
    public IReadOnlyDictionary<ushort, HostSubmissionQueue> SubmissionQueues => _submissionQueues;

    /// <summary>Connects to <c>DIR/cntrl</c>, maps memory and doorbells, enables bus master. The controller is left as it is.</summary>
    public static NvmeHost Connect(string directory, NvmeHostOptions options)
    {
        VfioUserClient client = VfioUserClient.Connect(directory, options.Timeout, options.VersionJson);
        return Start(client, options);
    }

    /// <summary>The same over a connection that is there already; takes it over.</summary>
    public static NvmeHost Start(VfioUserClient client, NvmeHostOptions options)
    {
        NvmeHost? host = null;
        try
        {
            host = new NvmeHost(client, options);
            host.Arena.MapInto(client);
            if (!options.DoorbellsByMessage)
            {
                host._doorbells = client.MapRegion(RegionInfo.Bar0, DoorbellBase, DoorbellPageLengthBytes);
            }

            host.Function.EnableBusMaster();
            host.Capabilities = new ControllerCapabilities(host.ReadRegister64(RegisterOffset.ControllerCapabilities));
            return host;
        }
        catch
        {
            host?.Dispose();
            client.Dispose();
            throw;
        }
    }

    /// <summary>Reads a 32-bit controller register.</summary>
    public uint ReadRegister32(int offset) => Client.Read32(RegionInfo.Bar0, (ulong)offset);

    /// <summary>Reads a 64-bit controller register in one access.</summary>
    public ulong ReadRegister64(int offset) => Client.Read64(RegionInfo.Bar0, (ulong)offset);

    /// <summary>Writes a 32-bit controller register.</summary>
    public void WriteRegister32(int offset, uint value) => Client.Write32(RegionInfo.Bar0, (ulong)offset, value);

    /// <summary>Writes a 64-bit controller register in one access.</summary>
    public void WriteRegister64(int offset, ulong value) => Client.Write64(RegionInfo.Bar0, (ulong)offset, value);

    /// <summary>CC as the controller has it.</summary>
    public ControllerConfiguration ReadConfiguration() => new(ReadRegister32(RegisterOffset.ControllerConfiguration));

    /// <summary>CSTS as the controller has it.</summary>
    public ControllerStatus ReadStatus() => new(ReadRegister32(RegisterOffset.ControllerStatus));

    /// <summary>
    /// Brings the controller from any state to ready, with admin queues of the options' sizes. Everything that existed before is
    /// forgotten, memory of old queues is freed.
    /// </summary>
    public void Enable()
    {
        Disable();
        Function.EnableBusMaster(); // a function level reset has cleared it
        if (Options.Vectors > 0 && Function.AssignedVectors == 0)
        {
            Function.EnableInterrupts(Options.Interrupts, Options.Vectors);
        }

        AdminQueueMemory(Options.AdminSubmissionQueueEntries, Options.AdminCompletionQueueEntries);
        WriteAdminQueueRegisters();
        WriteRegister32(RegisterOffset.ControllerConfiguration, DefaultConfiguration().Raw);
        WaitForStatus(static status => status.Ready, "CSTS.RDY = 1 after CC.EN = 1");
        if (Options.ShadowDoorbells)
        {
            var shadows = new ShadowDoorbells(Arena, PageLengthBytes);
            ThrowIfError(Admin(shadows.Command()), "Doorbell Buffer Config");
            Shadows = shadows;
        }
    }

    /// <summary>CC as this host enables the controller with.</summary>
    public ControllerConfiguration DefaultConfiguration() => new()
    {
        Enable = true,
        MemoryPageSize = Options.MemoryPageSize,
        ArbitrationMechanismSelected = Options.Arbitration,
        IoSubmissionQueueEntrySizeLog2 = 6,
        IoCompletionQueueEntrySizeLog2 = 4,
        IoCommandSetSelected = (Capabilities.CommandSetsSupported & CommandSetsSupported.IoCommandSets) != 0
            ? IoCommandSetSelected.AllSupportedIoCommandSets
            : IoCommandSetSelected.NvmCommandSet,
    };

    /// <summary>Changes the memory page size that the next <see cref="Enable"/> sets.</summary>
    public void SetMemoryPageSize(byte memoryPageSize) => Options = Options with { MemoryPageSize = memoryPageSize };

    /// <summary>Writes AQA, ASQ and ACQ from the admin queues.</summary>
    public void WriteAdminQueueRegisters()
    {
        var attributes = new AdminQueueAttributes
        {
            SubmissionQueueSizeZeroBased = (ushort)(AdminQueue.EntryCount - 1),
            CompletionQueueSizeZeroBased = (ushort)(AdminQueue.CompletionQueue.EntryCount - 1),
        };
        WriteRegister32(RegisterOffset.AdminQueueAttributes, attributes.Raw);
        WriteRegister64(RegisterOffset.AdminSubmissionQueueBase, AdminQueue.Memory.Address);
        WriteRegister64(RegisterOffset.AdminCompletionQueueBase, AdminQueue.CompletionQueue.Memory.Address);
    }

    /// <summary>Allocates admin queues and forgets every queue that was there.</summary>
    public void AdminQueueMemory(int submissionEntries, int completionEntries)
    {
        ForgetQueues();
        var completion = new HostCompletionQueue(
            0, completionEntries, AllocateQueue(completionEntries * CompletionEntryBytes), DoorbellOf(0, completion: true),
                Options.Vectors > 0 ? 0 : -1);
        AdminQueue = new HostSubmissionQueue(
            0, submissionEntries, AllocateQueue(submissionEntries * SubmissionEntryBytes), DoorbellOf(0, completion: false), completion);
        _completionQueues[0] = completion;
        _submissionQueues[0] = AdminQueue;
    }

    /// <summary>Writes CC.EN = 0 and waits for CSTS.RDY = 0; clears a shutdown notification as well.</summary>
    public void Disable()
    {
        ControllerConfiguration configuration = ReadConfiguration();
        WriteRegister32(
            RegisterOffset.ControllerConfiguration,
            (configuration with { Enable = false, ShutdownNotification = ShutdownNotification.None }).Raw);
        WaitForStatus(static status => !status.Ready, "CSTS.RDY = 0 after CC.EN = 0");
    }

    /// <summary>Shuts down by CC.SHN and waits for CSTS.SHST = 10b. CC.EN is left as it was.</summary>
    public void Shutdown(bool abrupt = false)
    {
        ControllerConfiguration configuration = ReadConfiguration();
        WriteRegister32(
            RegisterOffset.ControllerConfiguration,
            (configuration with { ShutdownNotification = abrupt ? ShutdownNotification.Abrupt : ShutdownNotification.Normal }).Raw);
        WaitForStatus(static status => status.ShutdownStatus == ShutdownStatus.Complete, "CSTS.SHST = 10b (shutdown complete)");
    }

    /// <summary>Waits until CSTS is as wanted; throws with what it was otherwise.</summary>
    public ControllerStatus WaitForStatus(Func<ControllerStatus, bool> wanted, string what)
    {
        Deadline deadline = Deadline.After(Options.Timeout);
        while (true)
        {
            ControllerStatus status = ReadStatus();
            if (wanted(status))
            {
                return status;
            }

            if (deadline.Passed)
            {
                throw new HostFailureException(
                    $"{what} did not come within {Options.Timeout.TotalMilliseconds:0} ms: "
                    + $"CSTS {status.Raw:x8}h, CC {ReadConfiguration().Raw:x8}h");
            }

            Thread.Sleep(0);
        }
    }

    /// <summary>Forgets all queues and frees their memory; the controller must not use it any more.</summary>
    public void ForgetQueues()
    {
        foreach (HostSubmissionQueue queue in _submissionQueues.Values)
        {
            Arena.Free(queue.Memory);
        }

        foreach (HostCompletionQueue queue in _completionQueues.Values)
        {
            Arena.Free(queue.Memory);
        }

        _submissionQueues.Clear();
        _completionQueues.Clear();
        Shadows?.Free(Arena);
        Shadows = null;
    }

    /// <summary>The doorbell of a queue, whether or not there is such a queue.</summary>
    public Doorbell DoorbellOf(ushort queueIdentifier, bool completion)
    {
        int offset = DoorbellBase + (((2 * queueIdentifier) + (completion ? 1 : 0)) * (4 << Capabilities.DoorbellStride));
        bool mapped = _doorbells != null && offset + 4 <= DoorbellBase + DoorbellPageLengthBytes;
        return new Doorbell(
            mapped ? (uint*)(_doorbells + (offset - DoorbellBase)) : null, Client, offset, queueIdentifier > 0 ? Shadows : null);
    }

    /// <summary>Closes the connection as a host does that dies: nothing is disabled, unmapped or said.</summary>
    public void Dispose()
    {
        Function.Dispose();
        Client.Dispose();
        Arena.Dispose();
    }
}
