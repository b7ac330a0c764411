// MartletGateway
