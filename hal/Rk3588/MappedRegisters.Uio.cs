using System.Globalization;
using Nvmepf.Hal.Linux;

namespace Nvmepf.Hal.Rk3588;

/// <summary>The part on UIO: a device whose maps have the names of the endpoint's device tree node.</summary>
public sealed unsafe partial class MappedRegisters
{
    private const int UioMapsMax = 5;

    // What uio_pdrv_genirq takes from the node, and where each piece belongs in the DBI block.
    private static readonly (string Name, uint Offset, uint LengthBytes)[] s_dbiPieces =
    [
        ("dbi", 0, 0x10_0000), ("dbi2", SocAddresses.DbiShadowOffset, 0x10_0000), ("atu", 0x30_0000, 0x10_0000),
    ];

    private RegisterBlocks MapUio(string path, SystemPaths paths)
    {
        int descriptor = OpenAlone(path, "allowed: registers=uio:/dev/uioN of the endpoint's node, as root");
        List<UioMap> maps = ReadUioMaps(Path.Join(paths.UioClass, Path.GetFileName(path), "maps"));
        UioMap dbi = Named(maps, "dbi", path);
        UioMap outbound = Named(maps, "addr_space", path);
        uint outboundLength = Math.Min(OutboundMappedBytes, (uint)Math.Min(outbound.LengthBytes, uint.MaxValue));
        return new RegisterBlocks
        {
            Dbi = dbi.LengthBytes >= SocAddresses.DbiLengthBytes
                ? MapUioPiece(descriptor, path, dbi, SocAddresses.DbiLengthBytes)
                : MapDbiPieces(descriptor, path, maps),
            Apb = MapUioPiece(descriptor, path, Named(maps, "apb", path), SocAddresses.ApbLengthBytes),
            Outbound = MapUioPiece(descriptor, path, outbound, outboundLength),
            OutboundLengthBytes = outboundLength,
            OutboundSocAddress = outbound.Address,
        };
    }

    private static List<UioMap> ReadUioMaps(string directory)
    {
        List<UioMap> maps = [];
        for (int index = 0; index < UioMapsMax; index++)
        {
            string map = Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $"map{index}"));
            if (!Directory.Exists(map))
            {
                break;
            }

            string name = File.ReadAllText(Path.Join(map, "name")).Trim();
            maps.Add(new UioMap(index, name, ReadHexadecimal(Path.Join(map, "addr")), ReadHexadecimal(Path.Join(map, "size"))));
        }

        return maps;
    }

    private static ulong ReadHexadecimal(string path)
    {
        string text = File.ReadAllText(path).Trim();
        string digits = text.StartsWith("0x", StringComparison.Ordinal) ? text[2..] : text;
        return ulong.TryParse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new PlatformException($"rk3588: {path}: \"{text}\" is not a hexadecimal number");
    }

    private static UioMap Named(List<UioMap> maps, string name, string path)
    {
        string names = string.Join(", ", maps.ConvertAll(map => map.Name));
        return maps.Find(map => map.Name == name) ?? throw new PlatformException(
            $"rk3588: {path}: no map is called {name} (there are: {names}); allowed: dbi, dbi2, atu, apb, addr_space, as in the endpoint's node");
    }

    private nint MapUioPiece(int descriptor, string path, UioMap map, uint lengthBytes)
    {
        CheckLength(path, map, lengthBytes);
        return Map(descriptor, map.FileOffset, lengthBytes, error => $"rk3588: {path}: map {map.Name} cannot be mapped: {Errno.Describe(error)}");
    }

    /// <summary>Puts the pieces of the DBI block where they are in the SoC, into reserved address space.</summary>
    private nint MapDbiPieces(int descriptor, string path, List<UioMap> maps)
    {
        const MapFlags Reserved = MapFlags.Private | MapFlags.Anonymous | MapFlags.NoReserve;
        int error = MemoryMappings.Map(null, SocAddresses.DbiLengthBytes, MemoryProtection.None, Reserved, -1, 0, out void* place);
        if (error != 0)
        {
            throw new PlatformException($"rk3588: no address space for the DBI: {Errno.Describe(error)}");
        }

        _mappings.Add(((nint)place, SocAddresses.DbiLengthBytes));
        foreach ((string name, uint offset, uint lengthBytes) in s_dbiPieces)
        {
            UioMap map = Named(maps, name, path);
            CheckLength(path, map, lengthBytes);
            error = MemoryMappings.Map(
                (byte*)place + offset, lengthBytes, MemoryProtection.ReadWrite, MapFlags.Shared | MapFlags.Fixed, descriptor, map.FileOffset, out _);
            if (error != 0)
            {
                throw new PlatformException($"rk3588: {path}: map {name} cannot be mapped: {Errno.Describe(error)}");
            }
        }

        return (nint)place;
    }

    private static void CheckLength(string path, UioMap map, uint lengthBytes)
    {
        if (map.LengthBytes < lengthBytes)
        {
            throw new PlatformException($"rk3588: {path}: map {map.Name} has {map.LengthBytes:X}h bytes; wanted: {lengthBytes:X}h or more");
        }
    }

    private sealed record UioMap(int Index, string Name, ulong Address, ulong LengthBytes)
    {
        // UIO numbers its maps by page offsets.
        public long FileOffset => (long)Index * MemoryMappings.PageSizeBytes;
    }
}
