// The eDMA's map against the reference's tables of offsets and bits (sections 5.1, 5.2 and 5.5).
using Nvmepf.Hal.DesignWare;
using Xunit;

namespace Nvmepf.Tests.DesignWare;

public sealed class EdmaTests
{
    [Fact]
    public void The_common_registers_are_where_the_reference_says() => RegisterTable.CheckBlock(
        new Edma(0),
        new("Arbitration", 0x000, RegisterTable.ReadWrite),
        new("Control", 0x008, RegisterTable.ReadOnly),
        new("WriteErrorStatus", 0x05C, RegisterTable.ReadOnly),
        new("ReadErrorStatusLow", 0x0B4, RegisterTable.ReadOnly),
        new("ReadErrorStatusHigh", 0x0B8, RegisterTable.ReadOnly));

    [Theory]
    [InlineData(false, 0x00C, 0x010, 0x018, 0x01C, 0x04C, 0x054, 0x058, 0x060, 0x064, 0x068, 0x06C, 0x070, 0x090, 0x100, 0x108)]
    [InlineData(true, 0x02C, 0x030, 0x038, 0x03C, 0x0A0, 0x0A8, 0x0AC, 0x0CC, 0x0D0, 0x0D4, 0x0D8, 0x0DC, 0x0C4, 0x104, 0x118)]
    public void The_registers_of_a_side_are_where_the_reference_says(bool isRead, params int[] offsets) => RegisterTable.CheckBlock(
        isRead ? new Edma(0).Read : new Edma(0).Write,
        new("EngineEnable", offsets[0], RegisterTable.ReadWrite),
        new("Doorbell", offsets[1], RegisterTable.WriteOnly),
        new("ArbitrationWeightLow", offsets[2], RegisterTable.ReadWrite),
        new("ArbitrationWeightHigh", offsets[3], RegisterTable.ReadWrite),
        new("InterruptStatus", offsets[4], RegisterTable.ReadOnly),
        new("InterruptMask", offsets[5], RegisterTable.ReadWrite),
        new("InterruptClear", offsets[6], RegisterTable.WriteOnly),
        new("DoneMessageAddressLow", offsets[7], RegisterTable.ReadWrite),
        new("DoneMessageAddressHigh", offsets[8], RegisterTable.ReadWrite),
        new("AbortMessageAddressLow", offsets[9], RegisterTable.ReadWrite),
        new("AbortMessageAddressHigh", offsets[10], RegisterTable.ReadWrite),
        new("MessageData01", offsets[11], RegisterTable.ReadWrite),
        new("ListErrorEnable", offsets[12], RegisterTable.ReadWrite),
        new("ChannelGroup", offsets[13], RegisterTable.ReadWrite),
        new("HandshakeCounter", offsets[14], RegisterTable.ReadOnly));

    [Fact]
    public void The_registers_of_a_channel_are_where_the_reference_says() => RegisterTable.CheckBlock(
        new EdmaChannel(0),
        new("Control1", 0x00, RegisterTable.ReadWrite),
        new("Control2", 0x04, RegisterTable.ReadWrite),
        new("TransferSize", 0x08, RegisterTable.ReadWrite),
        new("SourceLow", 0x0C, RegisterTable.ReadWrite),
        new("SourceHigh", 0x10, RegisterTable.ReadWrite),
        new("DestinationLow", 0x14, RegisterTable.ReadWrite),
        new("DestinationHigh", 0x18, RegisterTable.ReadWrite),
        new("ListPointerLow", 0x1C, RegisterTable.ReadWrite),
        new("ListPointerHigh", 0x20, RegisterTable.ReadWrite));

    [Theory]
    [InlineData(0, 0x200, 0x300)]
    [InlineData(1, 0x400, 0x500)]
    public void Channels_are_where_the_reference_says(int channel, int write, int read)
    {
        Assert.Equal(write, new Edma(0).WriteChannel(channel).Base);
        Assert.Equal(read, new Edma(0).ReadChannel(channel).Base);
        Assert.Equal(0x38_0000, Edma.OffsetInDbi);
    }

    [Fact]
    public void The_fields_of_the_common_registers_are_where_the_reference_says()
    {
        RegisterTable.CheckFields<EdmaArbitration>(
            new("NonDmaWeight", 0, 3), new("WriteChannelReadWeight", 3, 3), new("ReadChannelListWeight", 6, 3), new("ReadChannelWriteWeight", 9, 3));
        RegisterTable.CheckFields<EdmaControl>(
            new("WriteChannels", 0, 4), new("ReadChannels", 16, 4), new("WriteCacheDisable", 24, 1), new("ReadCacheDisable", 25, 1));
        RegisterTable.CheckFields<EdmaErrorStatus>(new("LocalAccess", 0, 8), new("ElementFetch", 16, 8));
        RegisterTable.CheckFields<EdmaReadErrorStatusHigh>(
            new("UnsupportedRequest", 0, 8), new("CompleterAbort", 8, 8), new("CompletionTimeout", 16, 8), new("Poisoned", 24, 8));
    }

    [Fact]
    public void The_fields_of_a_side_are_where_the_reference_says()
    {
        RegisterTable.CheckFields<EdmaEngineEnable>(new FieldRow("Enable", 0, 1));
        RegisterTable.CheckFields<EdmaDoorbell>(new("Channel", 0, 3), new("Stop", 31, 1));
        RegisterTable.CheckFields<EdmaInterrupts>(new("Done", 0, 8), new("Abort", 16, 8));
        RegisterTable.CheckFields<EdmaListErrorEnable>(new("Remote", 0, 8), new("Local", 16, 8));
    }

    [Fact]
    public void The_fields_of_a_channels_control_are_where_the_reference_says() => RegisterTable.CheckFields<EdmaChannelControl>(
        new("CycleBit", 0, 1),
        new("ToggleCycleBit", 1, 1),
        new("Link", 2, 1),
        new("LocalInterruptEnable", 3, 1),
        new("RemoteInterruptEnable", 4, 1),
        new("Status", 5, 2),
        new("ConsumerCycleState", 8, 1),
        new("ListEnable", 9, 1),
        new("FunctionNumber", 12, 5),
        new("NoSnoopDestination", 23, 1),
        new("NoSnoopSource", 24, 1),
        new("RelaxedOrdering", 25, 1),
        new("TrafficClass", 27, 3),
        new("AddressType", 30, 2));
}
