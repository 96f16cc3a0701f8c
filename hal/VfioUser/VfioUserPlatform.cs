// The vfio-user server: one PCI function offered to one client at a time (QEMU, cloud-hypervisor, SPDK) over the Unix socket
// DIRECTORY/cntrl. Protocol/ has the wire formats, Transport/ the byte stream, Messages/ what each message means, Pci/ the function
// of the platform, Dma/ host memory. Session strings the messages together; VfioUserServer takes clients and lets them go, for any
// IServedFunction. This file puts a server and the platform's function together.
//
// It knows nothing of NVMe. It leaves out: an option ROM, migration, dirty tracking, twin sockets, mapped register
// pages. Guest RAM has to be shared with this process (QEMU: share=on; private memory reads as zeroes and cannot be told apart);
// RAM that is not shared at all works by messages, slowly. A client that shortens a file that it passed is sent away (huge pages: see BusErrorGuard).

using Nvmepf.Hal.Inspection;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.VfioUser;

/// <summary>The vfio-user server platform.</summary>
public sealed unsafe partial class VfioUserPlatform : IPlatform
{
    private readonly PlatformFunction _function;
    private readonly VfioUserServer _server;
    private readonly OrdinaryMemory _dmaMemory = new();

    /// <summary>
    /// Creates the function; nobody can connect before <see cref="Start"/>.
    /// </summary>
    /// <param name="identity">What the function says of itself.</param>
    /// <param name="options">The server's.</param>
    /// <param name="mapDoorbells">Whether clients may map the doorbell page, so that doorbells are plain stores. Without it they come as messages.</param>
    /// <exception cref="PlatformException">No memory, or a wrong option.</exception>
    public VfioUserPlatform(FunctionIdentity identity, VfioUserOptions options, bool mapDoorbells = true)
    {
        _function = new PlatformFunction(identity, mapDoorbells);
        _server = new VfioUserServer(_function, options);
    }

    /// <inheritdoc/>
    public string Name => "vfio-user";

    /// <inheritdoc/>
    public Bar0Memory Bar0 => _function.Bar.Memory;

    /// <inheritdoc/>
    public HostMemoryMap HostMemory => _server.HostMemory;

    /// <inheritdoc/>
    public IHostDma HostDma => _server.HostDma;

    /// <inheritdoc/>
    public int InterruptVectorCount => _function.VectorCount;

    /// <inheritdoc/>
    public int EnabledVectorCount => _function.EnabledVectorCount;

    /// <inheritdoc/>
    public int CompletionQueueLimit => int.MaxValue;

    /// <inheritdoc/>
    public bool TrapsRegisterWrites => true;

    /// <inheritdoc/>
    public bool TrapsDoorbells => !_function.Bar.CanMapDoorbells;

    /// <inheritdoc/>
    public bool HasLevelInterrupts => _function.Kind == InterruptKind.Legacy;

    /// <inheritdoc/>
    public bool IsMsixEnabled => _function.Kind == InterruptKind.Msix;

    /// <inheritdoc/>
    public bool ServesSeveralThreads => true;

    /// <inheritdoc/>
    public long NowNanoseconds => Clock.MonotonicNanoseconds();

    /// <inheritdoc/>
    public bool IsBusMasterEnabled => _function.Configuration.IsBusMasterEnabled;

    /// <summary>Whether a client is connected.</summary>
    public bool HasClient => _server.HasClient;

    /// <inheritdoc/>
    public void Start(IFunctionHandler handler)
    {
        _function.Handler = handler;
        _server.Start();
    }

    /// <inheritdoc/>
    public bool Poll()
    {
        // The pin first: the firmware has had a turn since the server took an unmask.
        bool mustLook = _function.Line is not null && _function.Line.Poll();
        return _server.Poll() | mustLook;
    }

    /// <inheritdoc/>
    public void RaiseInterrupt(int vector) => _function.Raise(vector, 0);

    /// <inheritdoc/>
    public void LowerInterrupt(int vector) => _function.Line?.Deassert(0, vector);

    /// <inheritdoc/>
    public void RaiseInterrupt(int vector, int source) => _function.Raise(vector, source);

    /// <inheritdoc/>
    public void LowerInterrupt(int vector, int source) => _function.Line?.Deassert(source, vector);

    /// <inheritdoc/>
    public void PublishBar0(uint offsetBytes, uint lengthBytes)
    {
        // Client and server share coherent memory.
    }

    /// <inheritdoc/>
    public void RefreshBar0(uint offsetBytes, uint lengthBytes)
    {
        // As above.
    }

    /// <inheritdoc/>
    public nint OpenWindow(ulong hostAddress, uint lengthBytes) => 0;

    /// <inheritdoc/>
    public void CloseWindow(nint window) => Invariant.Check(false, "no window was ever opened");

    /// <inheritdoc/>
    public byte* AllocateDmaMemory(nuint lengthBytes) => _dmaMemory.Allocate(lengthBytes);

    /// <inheritdoc/>
    /// <remarks>To be asked before each sleep: the descriptors change. The next <see cref="Poll"/> looks at them.</remarks>
    public int GetWakeDescriptors(Span<int> descriptors)
    {
        int count = _server.GetWakeDescriptors(descriptors);
        int unmask = _function.Line?.TakeWakeDescriptor() ?? -1;
        if (unmask >= 0 && count < descriptors.Length)
        {
            descriptors[count++] = unmask;
        }

        return count;
    }

    /// <summary>Stops serving and removes the socket. The firmware has no command in flight any more; it is not called.</summary>
    public void Dispose()
    {
        _server.Dispose();
        _function.Dispose();
        _dmaMemory.Dispose();
    }
}
