using System.Buffers.Binary;
using Nvmepf.Firmware.Configuration;
using Nvmepf.Hal;
using Nvmepf.Hal.Linux;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Namespaces.State;

/// <summary>
/// The file that keeps the state of one namespace over a loss of power: header, registrants, digest. It is replaced as a whole: written beside
/// itself, made durable, renamed, and the directory made durable, so that there is always a whole one.
/// </summary>
/// <remarks>
/// One change is under way at a time (<see cref="NamespaceState"/> sees to that), so a word is all the queue there is between a reactor and the
/// writer's thread. Not here: what happens when the disk below lies about durability.
/// </remarks>
public sealed class NamespaceStateFile
{
    /// <summary>Bytes before the first registrant.</summary>
    internal const int HeaderBytes = 32;

    /// <summary>Bytes of a registrant.</summary>
    internal const int RegistrantBytes = 32;

    private const uint LayoutVersion = 1;
    private const ushort NoHolder = 0xFFFF;
    private const byte PersistsFlag = 1;
    private const byte ExtendedFlag = 1;
    private readonly string _newPath;
    private readonly string _directory;
    private readonly NamespaceStateWriter _writer;
    private NamespaceState? _owner;
    private NamespaceStateData? _data;
    private int _isPosted;

    /// <summary>Names the file; nothing is read yet.</summary>
    /// <param name="path">Where it is.</param>
    /// <param name="writer">The thread that writes it.</param>
    public NamespaceStateFile(string path, NamespaceStateWriter writer)
    {
        Path = System.IO.Path.GetFullPath(path);
        _newPath = Path + ".new";
        _directory = System.IO.Path.GetDirectoryName(Path) ?? "/";
        _writer = writer;
        writer.Add(this);
    }

    private static ReadOnlySpan<byte> Magic => "NVMEPFNS"u8;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>
    /// Reads what was kept: permanent and plain write protection, and registrants and reservation where they were to persist. Without a file
    /// nothing was kept.
    /// </summary>
    /// <exception cref="PlatformException">It cannot be read, or is not what was written; the message is for the user.</exception>
    internal void Load(NamespaceStateData data)
    {
        byte[] bytes;
        try
        {
            if (!File.Exists(Path))
            {
                return;
            }

            bytes = File.ReadAllBytes(Path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PlatformException($"{Path}: the state of a namespace cannot be read: {FileProblem.Describe(problem)}", problem);
        }

        string? wrong = Decode(bytes, data);
        if (wrong is not null)
        {
            throw new PlatformException(
                $"{Path}: the state of a namespace is damaged: {wrong}; whether it was reserved or write protected is not known. "
                + "Restore the file, or remove it to begin with neither");
        }
    }

    /// <summary>The writer forgets it: nothing is posted any more, and nothing will be.</summary>
    internal void Close() => _writer.Remove(this);

    /// <summary>Hands a change to the writer. On any thread, one at a time.</summary>
    internal void Post(NamespaceState owner, NamespaceStateData data)
    {
        _owner = owner;
        _data = data;
        Volatile.Write(ref _isPosted, 1);
        _writer.Wake();
    }

    /// <summary>Writes what was posted, on the writer's thread.</summary>
    internal void WritePosted()
    {
        if (Volatile.Read(ref _isPosted) == 0)
        {
            return;
        }

        int error = Replace(Encode(_data!));
        if (error < 0)
        {
            _writer.Report($"{Path}: the state of a namespace could not be saved: {Errno.Describe(error)}");
        }

        Volatile.Write(ref _isPosted, 0);
        _owner!.Saved(error >= 0);
    }

    /// <summary>The file's bytes for a state.</summary>
    internal static byte[] Encode(NamespaceStateData data)
    {
        int count = data.PersistsThroughPowerLoss ? data.Count : 0;
        int length = HeaderBytes + (count * RegistrantBytes);
        byte[] bytes = new byte[length + Sha256.LengthBytes];
        Span<byte> header = bytes;
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[8..], LayoutVersion);
        BinaryPrimitives.WriteUInt16LittleEndian(header[12..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(header[14..], count == 0 || data.Holder < 0 ? NoHolder : (ushort)data.Holder);

        // Until the next power cycle is over when this is read.
        WriteProtectionState protection = data.WriteProtection;
        header[16] = (byte)(protection == WriteProtectionState.WriteProtectUntilPowerCycle ? WriteProtectionState.NoWriteProtect : protection);
        header[17] = data.PersistsThroughPowerLoss ? PersistsFlag : (byte)0;
        header[18] = count == 0 ? (byte)0 : (byte)data.Type;
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], data.Generation);
        for (int i = 0; i < count; i++)
        {
            Span<byte> entry = header.Slice(HeaderBytes + (i * RegistrantBytes), RegistrantBytes);
            BinaryPrimitives.WriteUInt128LittleEndian(entry, data.Registrants[i].Host.Identifier);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], data.Registrants[i].Key);
            entry[24] = data.Registrants[i].Host.IsExtended ? ExtendedFlag : (byte)0;
        }

        Sha256.Hash(header[..length]).CopyTo(header[length..]);
        return bytes;
    }

    /// <summary>Takes a state from the file's bytes.</summary>
    /// <returns>What is wrong, or null.</returns>
    internal static string? Decode(ReadOnlySpan<byte> bytes, NamespaceStateData data)
    {
        if (bytes.Length < HeaderBytes + Sha256.LengthBytes || !bytes.StartsWith(Magic))
        {
            return "it does not begin as such a file";
        }

        ReadOnlySpan<byte> content = bytes[..^Sha256.LengthBytes];
        if (!bytes[^Sha256.LengthBytes..].SequenceEqual(Sha256.Hash(content)))
        {
            return "its digest does not match";
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(content[8..]);
        if (version != LayoutVersion)
        {
            return $"its layout is version {version}, and this program knows {LayoutVersion}";
        }

        int count = BinaryPrimitives.ReadUInt16LittleEndian(content[12..]);
        ushort holder = BinaryPrimitives.ReadUInt16LittleEndian(content[14..]);
        if (content.Length != HeaderBytes + (count * RegistrantBytes) || (holder != NoHolder && holder >= count)
            || content[16] > (byte)WriteProtectionState.PermanentWriteProtect
            || content[18] > (byte)ReservationType.ExclusiveAccessAllRegistrants)
        {
            return "its fields contradict each other";
        }

        data.WriteProtection = (WriteProtectionState)content[16];
        if (data.RegistrantsMax == 0)
        {
            return count == 0 ? null : "it has registrants, and reservations are switched off for the namespace (resv_enable)";
        }

        data.PersistsThroughPowerLoss = (content[17] & PersistsFlag) != 0;
        data.Generation = BinaryPrimitives.ReadUInt32LittleEndian(content[20..]);
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = content.Slice(HeaderBytes + (i * RegistrantBytes), RegistrantBytes);
            HostIdentity host = new(BinaryPrimitives.ReadUInt128LittleEndian(entry), (entry[24] & ExtendedFlag) != 0);
            if (data.Find(host) >= 0 || !data.TryAdd(host, BinaryPrimitives.ReadUInt64LittleEndian(entry[16..])))
            {
                return "it has a registrant twice, or too many";
            }
        }

        data.Type = (ReservationType)content[18];
        data.Holder = holder == NoHolder ? NamespaceStateData.NoHolder : holder;
        bool hasSingleHolder = data.Type != ReservationType.None && !data.IsHeldByAllRegistrants;
        return hasSingleHolder == (data.Holder >= 0) && (data.Type == ReservationType.None || count > 0)
            ? null
            : "its reservation has no holder";
    }

    private unsafe int Replace(byte[] bytes)
    {
        int file = Files.Open(_newPath, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate);
        if (file < 0)
        {
            return file;
        }

        int error = WriteAll(file, bytes);
        error = error < 0 ? error : Files.Sync(file);
        _ = Files.Close(file);
        error = error < 0 ? error : Files.Rename(_newPath, Path);
        if (error < 0)
        {
            _ = Files.Unlink(_newPath);
            return error;
        }

        int directory = Files.Open(_directory, OpenFlags.Directory);
        if (directory < 0)
        {
            return directory;
        }

        error = Files.Sync(directory);
        _ = Files.Close(directory);
        return error;
    }

    private static unsafe int WriteAll(int file, byte[] bytes)
    {
        fixed (byte* start = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                long written = Files.WriteAt(file, start + done, (nuint)(bytes.Length - done), done);
                if (written <= 0)
                {
                    return written < 0 ? (int)written : -1;
                }

                done += (int)written;
            }
        }

        return 0;
    }
}
