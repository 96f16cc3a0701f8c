using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Nvmepf.Tests.Console;

/// <summary>The console's socket, spoken to as <c>nvmepf console</c> does, without a process for each question.</summary>
internal static class ConsoleSocket
{
    /// <summary>Asks one line.</summary>
    internal static (bool IsWell, string Answer) Ask(string folder, string line)
    {
        using Socket socket = Connect(folder);
        socket.Send([1, .. Encoding.UTF8.GetBytes(line), (byte)'\n']);
        StringBuilder answer = new();
        byte[] buffer = new byte[65536];
        int count;
        while ((count = socket.Receive(buffer)) > 0)
        {
            _ = answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
        }

        string text = answer.ToString();
        Assert.True(text.Length >= 2 && text[^2] == '\u0004', $"{line}: the answer has no end: {PseudoTerminal.Shown(text)}");
        return (text[^1] == '0', text[..^2]);
    }

    /// <summary>Connects; the socket may still be on its way.</summary>
    internal static Socket Connect(string folder)
    {
        for (int i = 0; ; i++)
        {
            Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = 60_000, SendTimeout = 60_000 };
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(Path.Join(folder, "console")));
                return socket;
            }
            catch (SocketException) when (i < 600)
            {
                socket.Dispose();
                Thread.Sleep(100);
            }
        }
    }
}
