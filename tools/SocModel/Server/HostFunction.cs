using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// What the host finds in its slot: the model's function, by configuration and memory requests over the model's link. While the link is
/// down all reads give ones and writes are lost, as behind a port whose link is down.
/// </summary>
/// <remarks>
/// The client's reset of the device is a hot reset of the link. Its answer waits until the link is trained again (or a few seconds), as a
/// host waits before it looks at the device; a client that goes away resets the link as a host that is switched off.
/// </remarks>
internal sealed unsafe class HostFunction : IServedFunction, IDisposable
{
    private const uint ConfigurationRegion = 7;
    private const uint BarsAndRom = 7;
    private const int ConfigurationBytes = 4096;
    private const int VectorsMax = 2048;

    // INTx is not carried to the host, so that the function has no pin there.
    private const int InterruptPin = 0x3d;

    // A client gives up after 5 s.
    private const long TrainingPatienceNanoseconds = 3_700_000_000;

    private readonly HostPort _port;
    private readonly AccessLog _log;

    // VectorsMax bits of memory of our own: what is pending here is what no client can look at.
    private readonly ulong* _pending;

    // A client learns the sizes once; what becomes of the BARs while the link is down must not change them.
    private readonly ulong[] _lengths = new ulong[BarsAndRom];
    private long _resetNanoseconds = long.MinValue;

    /// <summary>Creates it for a port of the model.</summary>
    internal HostFunction(HostPort port, AccessLog log)
    {
        _port = port;
        _log = log;
        _pending = (ulong*)System.Runtime.InteropServices.NativeMemory.AllocZeroed(VectorsMax / 8);
        Vectors = new InterruptVectors(VectorsMax, _pending);
        Interrupts = new HostInterrupts(port, Vectors);
    }

    /// <inheritdoc/>
    public InterruptVectors Vectors { get; }

    /// <summary>The host's interrupts.</summary>
    internal HostInterrupts Interrupts { get; }

    /// <inheritdoc/>
    public bool IsQuiescent => _port.IsLinkUp || Clock.MonotonicNanoseconds() - TrainingPatienceNanoseconds > _resetNanoseconds;

    /// <inheritdoc/>
    public FunctionRegion GetRegion(uint index) => index switch
    {
        ConfigurationRegion => new FunctionRegion(ConfigurationBytes),
        < BarsAndRom => new FunctionRegion(_lengths[index]),
        _ => new FunctionRegion(0),
    };

    /// <inheritdoc/>
    public void Read(uint region, ulong offsetBytes, Span<byte> destination)
    {
        if (region != ConfigurationRegion)
        {
            if (_port.BarRead((int)region, offsetBytes, destination) != TlpStatus.Success)
            {
                destination.Fill(0xff);
            }

            return;
        }

        while (!destination.IsEmpty)
        {
            int width = ConfigurationWidth((int)offsetBytes, destination.Length);
            uint value = ReadConfiguration((int)offsetBytes, width);
            for (int i = 0; i < width; i++)
            {
                destination[i] = (int)offsetBytes + i == InterruptPin ? (byte)0 : (byte)(value >> (i * 8));
            }

            destination = destination[width..];
            offsetBytes += (ulong)width;
        }
    }

    /// <inheritdoc/>
    public bool Write(uint region, ulong offsetBytes, ReadOnlySpan<byte> data)
    {
        if (region != ConfigurationRegion)
        {
            _ = _port.BarWrite((int)region, offsetBytes, data);
            return false;
        }

        while (!data.IsEmpty)
        {
            int width = ConfigurationWidth((int)offsetBytes, data.Length);
            uint value = 0;
            for (int i = 0; i < width; i++)
            {
                value |= (uint)data[i] << (i * 8);
            }

            _log.HostConfiguration((int)offsetBytes, width, value);
            _ = _port.ConfigWrite((int)offsetBytes, width, value);
            data = data[width..];
            offsetBytes += (ulong)width;
        }

        // The function has no function level reset: its Device Control bit does nothing.
        return false;
    }

    /// <inheritdoc/>
    public int Connect()
    {
        if (!_port.IsLinkUp)
        {
            return -Errno.EAGAIN;
        }

        for (uint bar = 0; bar < BarsAndRom; bar++)
        {
            _lengths[bar] = IsUpperHalf(bar) ? 0 : _port.BarBytes((int)bar);
        }

        _log.Note("host connected");
        return 0;
    }

    /// <inheritdoc/>
    public void LinkUp()
    {
        // The link is the model's; a client changes nothing about it.
    }

    /// <inheritdoc/>
    public void LinkDown()
    {
        _log.Note("host disconnected: hot reset");
        _port.HotReset();
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _log.Note("host: hot reset");
        _resetNanoseconds = Clock.MonotonicNanoseconds();
        Vectors.ResetState();
        _port.HotReset();
    }

    /// <inheritdoc/>
    public void InterruptsChanged() => Interrupts.WriteTable(all: false);

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => false;

    /// <inheritdoc/>
    public void Dispose()
    {
        Vectors.Dispose();
        System.Runtime.InteropServices.NativeMemory.Free(_pending);
    }

    private static int ConfigurationWidth(int offset, int length)
    {
        int width = 4;
        while (width > length || (offset & (width - 1)) != 0)
        {
            width >>= 1;
        }

        return width;
    }

    private bool IsUpperHalf(uint index)
    {
        const int FirstBar = 0x10;
        const uint TypeMask = 7;
        const uint Memory64 = 4;
        bool isOdd = index is 1 or 3 or 5;
        return isOdd && (ReadConfiguration(FirstBar + (((int)index - 1) * 4), 4) & TypeMask) == Memory64;
    }

    private uint ReadConfiguration(int offset, int width) =>
        _port.ConfigRead(offset, width, out uint value) == TlpStatus.Success ? value : uint.MaxValue;
}
