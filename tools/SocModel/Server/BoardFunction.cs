using System.Buffers.Binary;
using Nvmepf.Hal;
using Nvmepf.Hal.VfioUser;

namespace Nvmepf.SocModel.Server;

/// <summary>
/// The PCI device through which the board's processor reaches the SoC's registers: every access to its BARs becomes a CPU access of the
/// model at the SoC's address, and a line of the access log.
/// </summary>
/// <remarks>
/// A reset of the machine is a power-on of the board: the model begins anew, and loses the link. So is a machine that goes away.
/// </remarks>
internal sealed unsafe class BoardFunction : IServedFunction, IDisposable
{
    private const uint ConfigurationRegion = 7;
    private readonly Soc _soc;
    private readonly AccessLog _log;
    private readonly Action _powerOn;
    private readonly BoardConfigurationSpace _configuration = new();

    /// <summary>Creates it; <paramref name="powerOn"/> resets the model.</summary>
    internal BoardFunction(Soc soc, AccessLog log, Action powerOn)
    {
        _soc = soc;
        _log = log;
        _powerOn = powerOn;
    }

    /// <inheritdoc/>
    public InterruptVectors Vectors { get; } = new(0, null);

    /// <inheritdoc/>
    public bool IsQuiescent => true;

    /// <inheritdoc/>
    public FunctionRegion GetRegion(uint index) =>
        new(index == ConfigurationRegion ? BoardConfigurationSpace.LengthBytes : BoardMap.BarBytes(index));

    /// <inheritdoc/>
    public void Read(uint region, ulong offsetBytes, Span<byte> destination)
    {
        if (region == ConfigurationRegion)
        {
            _configuration.Read((int)offsetBytes, destination);
            return;
        }

        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (!destination.IsEmpty)
        {
            int width = WidthOf(destination.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(word, ReadRegister(region, offsetBytes, width));
            word[..width].CopyTo(destination);
            destination = destination[width..];
            offsetBytes += (ulong)width;
        }
    }

    /// <inheritdoc/>
    public bool Write(uint region, ulong offsetBytes, ReadOnlySpan<byte> data)
    {
        if (region == ConfigurationRegion)
        {
            _configuration.Write((int)offsetBytes, data);
            return false;
        }

        Span<byte> word = stackalloc byte[sizeof(ulong)];
        while (!data.IsEmpty)
        {
            int width = WidthOf(data.Length);
            word.Clear();
            data[..width].CopyTo(word);
            WriteRegister(region, offsetBytes, width, BinaryPrimitives.ReadUInt64LittleEndian(word));
            data = data[width..];
            offsetBytes += (ulong)width;
        }

        return false;
    }

    /// <inheritdoc/>
    public int Connect()
    {
        _configuration.Reset();
        _log.Note("board connected");
        _powerOn();
        return 0;
    }

    /// <inheritdoc/>
    public void LinkUp()
    {
        // The machine is there since it connected.
    }

    /// <inheritdoc/>
    public void LinkDown()
    {
        _log.Note("board disconnected");
        _powerOn();
    }

    /// <inheritdoc/>
    public void Reset(ResetKind kind)
    {
        _configuration.Reset();
        _log.Note("board reset");
        _powerOn();
    }

    /// <inheritdoc/>
    public void InterruptsChanged()
    {
        // There are none.
    }

    /// <inheritdoc/>
    public bool IsHostMemoryInUse(ulong address, ulong lengthBytes) => false;

    /// <inheritdoc/>
    public void Dispose() => Vectors.Dispose();

    // One access of the processor is one message; whatever is no width of a processor's goes byte by byte.
    private static int WidthOf(int lengthBytes) => lengthBytes is 1 or 2 or 4 or 8 ? lengthBytes : 1;

    private ulong ReadRegister(uint bar, ulong offset, int width)
    {
        if (!BoardMap.TryTranslate(bar, offset, out ulong address))
        {
            _log.Hole(bar, offset);
            return ulong.MaxValue;
        }

        bool isAnswered = _soc.CpuRead(address, width, out ulong value);
        _log.Read(address, width, value, isAnswered);
        return value;
    }

    private void WriteRegister(uint bar, ulong offset, int width, ulong value)
    {
        if (!BoardMap.TryTranslate(bar, offset, out ulong address))
        {
            _log.Hole(bar, offset);
            return;
        }

        bool isTaken = _soc.CpuWrite(address, width, value);
        _log.Write(address, width, value, isTaken);
    }
}
