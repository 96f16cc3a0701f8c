using Nvmepf.Hal.VfioUser;

namespace Nvmepf.Tests.VfioUser;

/// <summary>What a client like QEMU says from realize to the first I/O and back, as messages with their descriptors.</summary>
internal sealed class RecordedSession
{
    private readonly List<(byte[] Bytes, int[] Descriptors)> _messages = [];
    private ushort _id;

    /// <summary>Records a session that passes a memory file and an event counter.</summary>
    public RecordedSession(int file, int counter)
    {
        Add(ProtocolCommand.Version, RawClient.Version(0, 0, RawClient.QemuCapabilities));
        Add(ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0x100000), file);
        Add(ProtocolCommand.DmaMap, RawClient.MapPayload(0xfffc0000, 0x40000, 0, 1));
        Add(ProtocolCommand.DeviceGetInfo, RawClient.Bytes(new DeviceInfoPayload { ArgumentSizeBytes = 16 }));
        Add(ProtocolCommand.DeviceGetRegionInfo, DeviceTests.RegionInfo(0, 32));
        Add(ProtocolCommand.DeviceGetRegionInfo, DeviceTests.RegionInfo(0, 64));
        Add(ProtocolCommand.DeviceGetRegionInfo, DeviceTests.RegionInfo(7, 32));
        Add(ProtocolCommand.DeviceGetIrqInfo, RawClient.Bytes(new IrqInfoPayload { ArgumentSizeBytes = 16, Index = 2 }));
        Add(ProtocolCommand.RegionRead, RawClient.Access(7, 0, 4096));
        Add(ProtocolCommand.RegionWrite, RawClient.Access(7, 0x30, 4, 0, 0xf8, 0xff, 0xff));
        Add(ProtocolCommand.DeviceReset, []);
        Add(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0, 0x100000));
        Add(ProtocolCommand.DmaMap, RawClient.MapPayload(0, 0xc3000), file);
        Add(ProtocolCommand.DmaMap, RawClient.MapPayload(0xc3000, 0x15000, 0xc3000, 1), file);
        Add(ProtocolCommand.RegionWrite, RawClient.Access(7, 0x04, 2, 0x06, 0x04));
        Add(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(0x24, 2, 0, 1));
        Add(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(0x24, 2, 0, 2), counter, counter);
        Add(ProtocolCommand.RegionWrite, RawClient.Access(0, 0x14, 4, 1, 0, 0x46, 0));
        Add(ProtocolCommand.RegionRead, RawClient.Access(0, 0x1c, 4));
        Add(ProtocolCommand.RegionWrite, RawClient.Access(0, 0x1000, 4, 1, 0, 0, 0));
        Add(ProtocolCommand.DmaUnmap, RawClient.UnmapPayload(0xc0000, 0x10000));
        Add(ProtocolCommand.DeviceSetIrqs, RawClient.Irqs(0x21, 2, 0, 0));
    }

    public IReadOnlyList<(byte[] Bytes, int[] Descriptors)> Messages => _messages;

    public int LengthBytes
    {
        get
        {
            int length = 0;
            foreach ((byte[] bytes, _) in _messages)
            {
                length += bytes.Length;
            }

            return length;
        }
    }

    /// <summary>Sends the first so many bytes of the session, message by message.</summary>
    public void SendPrefix(RawClient client, int lengthBytes)
    {
        foreach ((byte[] bytes, int[] descriptors) in _messages)
        {
            int part = Math.Min(bytes.Length, lengthBytes);
            if (part == 0)
            {
                return;
            }

            client.SendBytes(bytes.AsSpan(0, part), descriptors);
            lengthBytes -= part;
        }
    }

    private void Add(ProtocolCommand command, byte[] payload, params int[] descriptors) =>
        _messages.Add((RawClient.Message(_id++, command, HeaderFlags.Command, payload), descriptors));
}
